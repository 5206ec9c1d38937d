/** A small company for the panel's tests: two accounts, three employees, calls made by hand. */

import type { Call, Card } from "../calls/call.ts";
import type { PhoneAbilities } from "../calls/phone-control.ts";
import type { QueueSeat } from "../calls/presence.ts";
import { callWith, cardWith } from "../calls/testing/call.ts";
import type { Client } from "../clients/client.ts";
import type { HandOverNote } from "../control/hand-over-notes.ts";
import { ALL } from "../control/testing/desk-stage.ts";
import { accountWith } from "../directory/account.testing.ts";
import type { Employee } from "../directory/directory.ts";
import { Listeners } from "../lib/listeners.ts";
import type { Device, LiveChange, LivePort, Offer, PanelAccount } from "./ports.ts";
import type { Lamps } from "./protocol.ts";

export const NOW = Date.UTC(2026, 10, 24, 9, 0, 0);

function employee(name: string, userId: number | null, extensions: string[]): Employee {
  return { name, department: "Продажи", userId, extensions, manager: false };
}

export function panelAccount(id: string, more: Partial<PanelAccount["integration"]> = {}): PanelAccount {
  return {
    account: accountWith({
      id,
      employees: [employee("Анна", 1, ["201", "211"]), employee("Борис", 2, ["202"]), employee("Склад", null, ["203"])],
      lines: [{ did: "74951112233", label: "Реклама", pipelineId: null }],
    }),
    currency: "RUB",
    crmOrigins: [`https://${id}.amocrm.ru`],
    integration: {
      clientId: "the-integration",
      clientSecret: "the-secret",
      redirectUrl: "https://pbx.example.org:8443/amocrm/oauth",
      accountId: null,
      ...more,
    },
  };
}

export function card(callId: string, extension: string, more: Partial<Card> = {}): Card {
  return cardWith({
    callId,
    legId: `${callId}-${extension}`,
    extension,
    state: "ringing",
    direction: "inbound",
    peer: "79161234567",
    since: NOW,
    pickedUp: more.state !== undefined && more.state !== "ringing",
    ...more,
  });
}

export function call(id: string, cards: readonly Card[], more: Partial<Call> = {}): Call {
  return callWith({
    id,
    linkedids: [id],
    direction: "inbound",
    client: "79161234567",
    did: "74951112233",
    startedAt: NOW,
    cards,
    ...more,
  });
}

export const client: Client = {
  kind: "contact",
  id: 77,
  name: "Мария Петрова",
  companyId: null,
  companyName: "ООО «Окна»",
  responsibleUserId: 1,
  openLeads: [
    {
      id: 5,
      name: "Окна, 12 шт.",
      price: 480_000,
      pipelineId: 1,
      pipelineName: "Продажи",
      statusId: 2,
      statusName: "Договор",
      responsibleUserId: 1,
    },
  ],
};

/** What goes on, set by hand. */
export class FakeLive implements LivePort {
  readonly listeners = new Listeners<LiveChange>();
  readonly devices = new Map<string, Device>();
  readonly seats = new Map<string, readonly QueueSeat[]>();
  readonly offers = new Map<string, readonly Offer[]>();
  readonly notes = new Map<string, HandOverNote>();
  abilities: PhoneAbilities = { ...ALL, outsideTargets: false };
  lamp: Pick<Lamps, "pbx" | "crm"> = {
    pbx: { state: "ok", since: NOW, reason: null },
    crm: { state: "ok", since: NOW, reason: null, waiting: 0 },
  };
  /** When it has all. */
  journal: Promise<void> = Promise.resolve();
  readonly #calls = new Map<string, Map<string, Call>>();

  calls(account: string): Call[] {
    return [...(this.#calls.get(account)?.values() ?? [])];
  }

  kept(): Promise<void> {
    return this.journal;
  }

  deviceState(_account: string, extension: string): Device {
    return this.devices.get(extension) ?? { state: "free", since: NOW };
  }

  queueSeats(_account: string, extension: string): readonly QueueSeat[] {
    return this.seats.get(extension) ?? [];
  }

  lamps(): Pick<Lamps, "pbx" | "crm"> {
    return this.lamp;
  }

  offersTo(account: string): readonly Offer[] {
    return this.offers.get(account) ?? [];
  }

  mayBeOfferedTo({ id }: Call): boolean {
    return [...this.offers.values()].some((offers) => offers.some(({ call }) => call.id === id));
  }

  noteOf({ id }: Call): HandOverNote | undefined {
    return this.notes.get(id);
  }

  pickedUpFrom(): string | null {
    return null;
  }

  wasTakenBack(): boolean {
    return false;
  }

  abilitiesOf(): PhoneAbilities {
    return this.abilities;
  }

  listen(listener: (change: LiveChange) => void): Disposable {
    return this.listeners.add(listener);
  }

  change(account: string, changed: Call): void {
    const calls = this.#calls.get(account) ?? new Map<string, Call>();
    this.#calls.set(account, calls);
    if (changed.endedAt === null) calls.set(changed.id, changed);
    else calls.delete(changed.id);
    this.listeners.tell({ kind: "call", account, call: changed });
  }
}
