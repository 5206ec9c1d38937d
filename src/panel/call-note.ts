/** What was said of a call for the CRM, and on which cards it may be put: the client's own, and the one that is looked at. */
import type { Client, ClientDirectory } from "../clients/client.ts";
import { isHidden } from "../clients/phone-key.ts";
import type { Employee } from "../directory/directory.ts";
import type { Log } from "../lib/log.ts";
import { type CallWordPort, type CardRef, maySay, readCard } from "./call-words.ts";
import type { CallNoteView, PlaceView } from "./protocol.ts";

/** A number that many share, a switchboard's perhaps, has more cards than anybody would look through. */
const MOST_PLACES = 12;

export interface CallNoteOptions {
  readonly words: CallWordPort;
  readonly directory: ClientDirectory;
  readonly log: Log;
}

export class CallNoteReader {
  readonly #options: CallNoteOptions;

  constructor(options: CallNoteOptions) {
    this.#options = options;
  }

  /**
   * @param open path of the card that the CRM shows to the employee
   * @returns null when it is no call of his own, or could not be read
   */
  async of(callId: string, open: string | null, employee: Employee, account: string): Promise<CallNoteView | null> {
    const { words, directory, log } = this.#options;
    try {
      const call = await words.find(account, callId);
      if (call === undefined || !maySay(employee, call)) return null;
      const { client } = call;
      const clients = client === null || isHidden(client) ? [] : await directory.findByPhone(account, client);
      const { text, entity } = await words.saidOf(account, call);
      const looked = await Promise.all(
        [entity, open === null ? null : readCard(open)].map((card) => this.#placeOf(account, card ?? null)),
      );
      const places = new Map([...placesOf(clients), ...looked.flat()].map((place) => [place.path, place]));
      const path = entity === null ? null : pathOf(entity);
      return { text: text ?? "", path, places: [...places.values()] };
    } catch (error) {
      log.error({ account, call: callId, error }, "what was said of a call could not be read");
      return null;
    }
  }

  /** Nothing where the CRM has no such card. */
  async #placeOf(account: string, card: CardRef | null): Promise<readonly PlaceView[]> {
    const name = card === null ? undefined : await this.#options.words.nameOf(account, card);
    return card === null || name === undefined ? [] : [placeAt(card, name)];
  }
}

function placesOf(clients: readonly Client[]): readonly PlaceView[] {
  const leads = clients.flatMap(({ openLeads }) =>
    openLeads.map(({ id, name }) => placeAt({ type: "leads", id }, name)),
  );
  const cards = clients.flatMap(({ kind, id, name, companyId, companyName }) => [
    placeAt({ type: kind === "contact" ? "contacts" : "companies", id }, name),
    ...(companyId !== null && companyName !== null ? [placeAt({ type: "companies", id: companyId }, companyName)] : []),
  ]);
  return [...leads, ...cards].slice(0, MOST_PLACES);
}

const KINDS = { leads: "lead", contacts: "contact", companies: "company" } as const;

function placeAt(card: CardRef, name: string): PlaceView {
  return { kind: KINDS[card.type], path: pathOf(card), name };
}

/** As the CRM's own pages are called. */
function pathOf({ type, id }: CardRef): string {
  return `/${type}/detail/${id}`;
}
