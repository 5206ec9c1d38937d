import { AmiError } from "./ami-error.ts";
import type { AmiPacket } from "./packet.ts";

export interface Answer {
  readonly response: AmiPacket;
  /** Empty unless a list was asked for. */
  readonly list: AmiPacket[];
}

interface Pending {
  readonly action: string;
  /** What ends the wait: one response, or the events of a list after it. */
  readonly answeredBy: "response" | "list";
  readonly list: AmiPacket[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: AmiError) => void;
  readonly timer: NodeJS.Timeout;
  response?: AmiPacket;
}

const MAX_PENDING_ACTIONS = 1_000;
const MAX_LIST_EVENTS = 100_000;

/** The actions that were sent and not yet answered, by ActionID. Each of them is settled, whatever happens. */
export class PendingActions {
  readonly #pending = new Map<string, Pending>();
  #lists = 0;

  /** Whether events of a list are to be expected. */
  get awaitsList(): boolean {
    return this.#lists > 0;
  }

  /**
   * @param deadlineMs how long the PBX may stay silent about this action; each item of a list begins it anew
   * @throws AmiError `ami/too-many-actions`
   */
  add(id: string, action: string, answeredBy: Pending["answeredBy"], deadlineMs: number): Promise<Answer> {
    if (this.#pending.size >= MAX_PENDING_ACTIONS) throw new AmiError("ami/too-many-actions", { action });
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => this.#reject(id, new AmiError("ami/no-answer", { action, deadlineMs })), deadlineMs);
    this.#pending.set(id, { action, answeredBy, list: [], resolve, reject, timer });
    if (answeredBy === "list") this.#lists++;
    return promise;
  }

  /** Gives a response to the action it answers. False when none waits for it. */
  takeResponse(response: AmiPacket): boolean {
    const id = response.get("ActionID") ?? "";
    const pending = this.#pending.get(id);
    if (pending === undefined) return false;
    const refusal = toRefusal(pending.action, response);
    pending.response = response;
    if (refusal !== undefined) this.#reject(id, refusal);
    else if (pending.answeredBy === "response") this.#resolve(id);
    else if (response.get("EventList")?.toLowerCase() === "start") pending.timer.refresh();
    else this.#reject(id, new AmiError("ami/not-a-list", { action: pending.action }));
    return true;
  }

  /** Gives an event to the list it belongs to. False when it belongs to none. */
  takeListEvent(event: AmiPacket): boolean {
    if (this.#lists === 0) return false;
    const id = event.get("ActionID") ?? "";
    const pending = this.#pending.get(id);
    if (pending?.answeredBy !== "list") return false;
    const { action, list, timer } = pending;
    switch (event.get("EventList")?.toLowerCase()) {
      case "complete":
        this.#resolve(id);
        break;
      case "cancelled":
        this.#reject(id, new AmiError("ami/rejected", { action, said: "cancelled" }));
        break;
      default:
        timer.refresh();
        if (list.push(event) > MAX_LIST_EVENTS) {
          this.#reject(id, new AmiError("ami/list-too-long", { action, limit: MAX_LIST_EVENTS }));
        }
    }
    return true;
  }

  /** Ends the wait of all. */
  rejectAll(toError: (action: string) => AmiError): void {
    for (const [id, { action }] of this.#pending) this.#reject(id, toError(action));
  }

  #resolve(id: string): void {
    const pending = this.#take(id);
    if (pending?.response === undefined) {
      pending?.reject(new AmiError("ami/not-a-list", { action: pending.action }));
    } else {
      pending.resolve({ response: pending.response, list: pending.list });
    }
  }

  #reject(id: string, error: AmiError): void {
    this.#take(id)?.reject(error);
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (pending.answeredBy === "list") this.#lists--;
    return pending;
  }
}

/** Why the PBX refused, from its words, which are the same in all versions seen (16 to 22). */
function toRefusal(action: string, response: AmiPacket): AmiError | undefined {
  if (response.get("Response")?.toLowerCase() !== "error") return undefined;
  const said = response.get("Message") ?? "";
  if (said === "Permission denied") return new AmiError("ami/permission-denied", { action, said });
  if (said.startsWith("Invalid/unknown command")) return new AmiError("ami/unknown-action", { action, said });
  return new AmiError("ami/rejected", { action, said });
}
