/** What goes on right now in every account, gathered from its PBXs and its CRM for the panels. */

import type { ConnectionState } from "../amocrm/connection.ts";
import type { Call } from "../calls/call.ts";
import { NO_ABILITIES, type PhoneAbilities } from "../calls/phone-control.ts";
import type { QueueSeat } from "../calls/presence.ts";
import type { HandOverNote } from "../control/hand-over-notes.ts";
import type { Employee } from "../directory/directory.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Device, LiveChange, LivePort, Offer } from "../panel/ports.ts";
import type { Lamp, Lamps } from "../panel/protocol.ts";
import type { Crm } from "./crm/crm.ts";
import type { Phones } from "./phones.ts";
import type { WatchedStore } from "./watched-store.ts";

export interface LiveOptions {
  readonly phones: readonly Phones[];
  readonly crms: readonly Crm[];
  readonly store: WatchedStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class Live implements LivePort {
  readonly #phones: readonly Phones[];
  readonly #crms: ReadonlyMap<string, Crm>;
  readonly #store: WatchedStore;
  readonly #waiting = new Map<string, number>();
  readonly #since: number;
  readonly #changes = new Listeners<LiveChange>();

  constructor({ phones, crms, store, clock, log, metrics }: LiveOptions) {
    this.#phones = phones;
    this.#crms = new Map(crms.map((crm) => [crm.account.id, crm]));
    this.#store = store;
    this.#since = clock.now();
    store.onChange.add(() => {
      for (const account of this.#crms.keys()) this.#changes.tell({ kind: "lamps", account });
    });
    for (const one of phones) {
      const { account } = one.config;
      one.onHeard.add((calls) => {
        for (const call of calls) this.#changes.tell({ kind: "call", account, call });
      });
      one.desk.notes.onChange.add((callId) => {
        const call = one.live().find(({ id }) => id === callId);
        if (call) this.#changes.tell({ kind: "call", account, call });
      });
      one.interceptor.onOffer.add((call) => this.#changes.tell({ kind: "call", account, call }));
      one.onDevices.add(() => this.#changes.tell({ kind: "devices", account }));
      for (const listeners of [one.onSight, one.onWritable])
        listeners.add(() => this.#changes.tell({ kind: "lamps", account }));
    }
    for (const crm of crms) {
      const { id: account } = crm.account;
      const tellLamps = () => {
        metrics.crmConnected.set({ account }, crm.amocrm.connection.state.state === "connected" ? 1 : 0);
        this.#changes.tell({ kind: "lamps", account });
      };
      crm.amocrm.connection.onChange(tellLamps);
      crm.outbox.onChange(() => {
        crm.outbox.summary().then(
          ({ waiting }) => {
            if (this.#waiting.get(account) === waiting) return;
            this.#waiting.set(account, waiting);
            metrics.outboxWaiting.set({ account }, waiting);
            tellLamps();
          },
          (error: unknown) => log.error({ account, error }, "the outbox cannot be counted"),
        );
      });
    }
  }

  calls(account: string): readonly Call[] {
    return this.#of(account).flatMap((phones) => phones.live());
  }

  async kept(account: string): Promise<void> {
    await Promise.all(this.#of(account).map((phones) => phones.kept()));
  }

  offersTo(account: string, employee: Employee): readonly Offer[] {
    return this.#of(account).flatMap((phones) => phones.interceptor.offersTo(employee));
  }

  mayBeOfferedTo({ pbx, id }: Call, employee: Employee): boolean {
    return this.#phonesOf(pbx)?.interceptor.isOfferedTo(id, employee) ?? false;
  }

  noteOf({ pbx, id }: Call): HandOverNote | undefined {
    return this.#phonesOf(pbx)?.desk.notes.noteOf(id);
  }

  pickedUpFrom(call: Call, extension: string): string | null {
    return this.#phonesOf(call.pbx)?.desk.pickedUpFrom(call, extension) ?? null;
  }

  wasTakenBack({ pbx, id }: Call): boolean {
    return this.#phonesOf(pbx)?.desk.wasTakenBack(id) ?? false;
  }

  abilitiesOf({ pbx }: Call, extension: string): PhoneAbilities {
    const phones = this.#phonesOf(pbx);
    if (phones === undefined) return NO_ABILITIES;
    return { ...phones.abilities, hold: phones.abilities.hold && phones.desk.obeys(extension) };
  }

  /** With several PBXs the extension is on one of them: the one that knows anything of it. */
  deviceState(account: string, extension: string): Device {
    const devices = this.#of(account).map((phones) => phones.deviceOf(extension));
    return devices.find(({ state }) => state !== "unknown") ?? { state: "unknown", since: null };
  }

  queueSeats(account: string, extension: string): readonly QueueSeat[] {
    return this.#of(account).flatMap((phones) => phones.queueSeatsOf(extension));
  }

  lamps(account: string): Pick<Lamps, "pbx" | "crm"> {
    return { pbx: this.#pbxLamp(account), crm: this.#crmLamp(account) };
  }

  listen(listener: (change: LiveChange) => void): Disposable {
    return this.#changes.add(listener);
  }

  #of(account: string): readonly Phones[] {
    return this.#phones.filter(({ config }) => config.account === account);
  }

  #phonesOf(pbx: string): Phones | undefined {
    return this.#phones.find(({ config }) => config.id === pbx);
  }

  #pbxLamp(account: string): Lamp {
    const sights = this.#of(account).map(({ sight }) => sight);
    const worst =
      sights.find(({ state }) => state === "down") ?? sights.find(({ state }) => state === "blind") ?? sights[0];
    if (worst === undefined) return { state: "down", since: this.#since, reason: "no-pbx" };
    // Calls are shown without the store, but the CRM hears of none.
    const lost = this.#store.lost ?? this.#of(account).find(({ unwritten }) => unwritten !== null)?.unwritten ?? null;
    if (worst.state !== "down" && lost !== null) return { state: "warn", ...lost };
    const state = worst.state === "up" ? "ok" : worst.state === "blind" ? "warn" : "down";
    return { state, since: worst.since, reason: worst.state === "up" ? null : (worst.error?.code ?? null) };
  }

  #crmLamp(account: string): Lamps["crm"] {
    const waiting = this.#waiting.get(account) ?? 0;
    const state: ConnectionState | undefined = this.#crms.get(account)?.amocrm.connection.state;
    switch (state?.state) {
      case "connected":
        return { state: "ok", since: state.since, reason: null, waiting };
      case "held":
        return { state: "warn", since: state.since, reason: state.reason, waiting };
      case "needs-your-hand":
        return { state: "down", since: state.since, reason: state.reason, waiting };
      default:
        return { state: "warn", since: state?.since ?? this.#since, reason: "connecting", waiting };
    }
  }
}
