/** The panel's end of the line to the widget in the CRM's page. */
import type { Stop, TicketAnswer } from "../live/panel-link.ts";
import { type FromHost, readFromHost, type ToHost } from "./host-protocol.ts";

/** A widget that does not answer within this time is taken for a network that does not. */
const TICKET_MS = 20_000;

export class Host {
  readonly #window: Window;
  /** Of the CRM's page; each account has its own. */
  readonly origin: string;
  #awaitsTicket: ((answer: TicketAnswer) => void) | null = null;

  private constructor(parent: Window, origin: string) {
    this.#window = parent;
    this.origin = origin;
  }

  /**
   * The page that framed this one, or null when none did. Its origin stands in our own address (`?crm=https://…`); the service's
   * `frame-ancestors` decides who may frame us at all, so a stranger cannot put his own there.
   */
  static find(page: Window): Host | null {
    const claimed = new URLSearchParams(page.location.search).get("crm");
    if (page.parent === page || claimed === null || !URL.canParse(claimed)) return null;
    return new Host(page.parent, new URL(claimed).origin);
  }

  tell(message: ToHost): void {
    this.#window.postMessage(message, this.origin);
  }

  listen(page: Window, heard: (message: Exclude<FromHost, { type: "ticket" }>) => void): void {
    page.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (event.source !== this.#window || event.origin !== this.origin) return;
      const message = readFromHost(event.data);
      if (message === null) return;
      if (message.type === "ticket") this.#awaitsTicket?.(message.answer);
      else heard(message);
    });
  }

  askTicket(after: (milliseconds: number, act: () => void) => Stop): Promise<TicketAnswer> {
    return new Promise((resolve) => {
      const stop = after(TICKET_MS, () => answer({ failure: "unreachable" }));
      const answer = (ticket: TicketAnswer) => {
        stop();
        this.#awaitsTicket = null;
        resolve(ticket);
      };
      this.#awaitsTicket = answer;
      this.tell({ type: "need-ticket" });
    });
  }
}
