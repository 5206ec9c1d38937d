/**
 * Watches the calls of one PBX for clients who have an employee of their own: shows them to him, and has his phone rung
 * where the policy says so. What it decided, and why, stands in the journal of commands.
 */
import { randomUUID } from "node:crypto";
import type { Call } from "../calls/call.ts";
import type { DeviceState } from "../calls/presence.ts";
import { tailOf } from "../calls/sides.ts";
import type { ClientDirectory } from "../clients/client.ts";
import type { CommandDesk, Interception } from "../control/command-desk.ts";
import type { CommandJournal } from "../control/command-journal.ts";
import { type Account, type Employee, findEmployeeByUser } from "../directory/directory.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import {
  decideInterception,
  type InterceptionDecision,
  type InterceptionPolicy,
  isOffered,
} from "./decide-interception.ts";

export interface InterceptorOptions {
  readonly pbx: string;
  readonly account: Account;
  readonly policy: InterceptionPolicy;
  readonly clients: ClientDirectory;
  readonly desk: Pick<CommandDesk, "intercept">;
  readonly journal: CommandJournal;
  readonly calls: () => readonly Call[];
  readonly deviceOf: (extension: string) => DeviceState;
  readonly isWorkingTime: (at: number) => boolean;
  readonly absenceOf: (userId: number, at: number) => { readonly deputyId: number | null } | undefined;
  /** The PBX gives a call only to whoever picks up a phone that rings for it: when that one stops, another must be named. */
  readonly needsRingingLeg: boolean;
  readonly clock: Clock;
}

/** A client's call that is watched. */
interface Watched {
  /** undefined while the client is looked up. */
  responsible: Employee | null | undefined;
  responsibleUserId: number | null;
  /** It was offered to somebody. */
  wasOffered: boolean;
  /** What was decided last, lest the journal say it twice. */
  decided: string | null;
  attempt: { readonly interception: Interception; readonly ringing: string | null } | undefined;
  /** Whose phone was let go a moment ago; until when (epoch milliseconds) it may still be said to be on that call. */
  letGo: { readonly extension: string; readonly until: number } | undefined;
  isOver: boolean;
}

/** From the end of a phone's call to the word that it is free: milliseconds on the lab. */
const LETTING_GO_MS = 1_000;

/** Clients whose last talker is remembered; since the service started. */
const TALKERS_REMEMBERED = 10_000;

export class Interceptor implements Disposable {
  /** Told a call whose offer has changed without the call itself. */
  readonly onOffer = new Listeners<Call>();
  readonly onTrouble = new Listeners<unknown>();
  readonly #options: InterceptorOptions;
  readonly #watched = new Map<string, Watched>();
  /** Calls for which somebody would be rung if he were free. */
  readonly #nobodyFree = new Set<string>();
  readonly #lastTalkers = new Map<string, string>();

  constructor(options: InterceptorOptions) {
    this.#options = options;
  }

  /** To be called with each call that has changed. */
  onChange(call: Call): void {
    this.#follow(call);
    this.onPhones(call.id);
  }

  /**
   * To be called when the state of phones may have changed: a client for whom nobody was free may be rung for now. The
   * phone of an attempt that was called off is busy for a moment longer, and nothing of the client's call tells its end.
   */
  onPhones(besides?: string): void {
    for (const callId of [...this.#nobodyFree]) {
      const watched = this.#watched.get(callId);
      const call = callId === besides ? undefined : this.#options.calls().find(({ id }) => id === callId);
      if (call !== undefined && watched !== undefined) this.#consider(call, watched);
    }
  }

  #follow(call: Call): void {
    if (call.endedAt !== null) {
      this.#rememberTalker(call);
      this.#watched.delete(call.id); // an attempt is ended by the call's own end
      this.#nobodyFree.delete(call.id);
      return;
    }
    if (this.#options.policy.mode === "off" || call.direction !== "inbound" || call.client === null) return;
    const watched = this.#watched.get(call.id);
    if (watched === undefined) void this.#lookUp(call.id, call.client);
    else this.#consider(call, watched);
  }

  /** The calls of this employee's own clients that were offered to others. What he took himself was his own call. */
  offersTo(employee: Employee): readonly { readonly call: Call; readonly takenBy: string | null }[] {
    const isTheirs = ({ wasOffered, responsible }: Watched) => wasOffered && responsible === employee;
    // Asked for every panel at every change, and mostly in vain.
    if (![...this.#watched.values()].some(isTheirs)) return [];
    return this.#options.calls().flatMap((call) => {
      const watched = this.#watched.get(call.id);
      if (!watched || !isTheirs(watched)) return [];
      const takenBy = takerOf(call);
      return takenBy !== null && employee.extensions.includes(takenBy) ? [] : [{ call, takenBy }];
    });
  }

  isOfferedTo(callId: string, employee: Employee): boolean {
    return this.#watched.get(callId)?.responsible === employee;
  }

  [Symbol.dispose](): void {
    this.#watched.clear();
    this.#nobodyFree.clear();
  }

  async #lookUp(callId: string, number: string): Promise<void> {
    const { account, clients, calls } = this.#options;
    const watched: Watched = {
      responsible: undefined,
      responsibleUserId: null,
      wasOffered: false,
      decided: null,
      attempt: undefined,
      letGo: undefined,
      isOver: false,
    };
    this.#watched.set(callId, watched);
    try {
      const found = await clients.findByPhone(account.id, number);
      const [responsibleUserId = null] = found.flatMap((client) => client.responsibleUserId ?? []);
      watched.responsibleUserId = responsibleUserId;
      watched.responsible =
        (responsibleUserId === null ? null : findEmployeeByUser(account, responsibleUserId)) ?? null;
    } catch (error) {
      watched.responsible = null;
      this.onTrouble.tell(error);
    }
    const call = calls().find(({ id }) => id === callId);
    if (call === undefined) return;
    this.#consider(call, watched);
    if (watched.wasOffered) this.onOffer.tell(call);
  }

  #consider(call: Call, watched: Watched): void {
    this.#nobodyFree.delete(call.id);
    if (watched.responsible === undefined || watched.isOver) return;
    if (call.answeredAt !== null) {
      watched.isOver = true;
      return;
    }
    if (!isOffered(call)) return;
    watched.wasOffered = true;
    const ringing = call.cards.find(({ state, isFetching }) => state === "ringing" && !isFetching)?.legId ?? null;
    if (watched.attempt !== undefined) {
      this.#retarget(call, watched.attempt);
      return;
    }
    // In a queue nobody may ring yet; and an attempt that was called off may ring for a moment longer.
    const isTooEarly = ringing === null && this.#options.needsRingingLeg;
    if (isTooEarly || call.cards.some(({ isFetching }) => isFetching)) return;
    if (this.#isLettingGo(watched)) {
      this.#nobodyFree.add(call.id);
      return;
    }
    const decision = this.#decide(call, watched);
    this.#keep(call, watched, decision);
    if (decision.decision === "none") {
      if (decision.why === "nobody-free") this.#nobodyFree.add(call.id);
      return;
    }
    const { employee } = decision.candidate;
    const interception = this.#options.desk.intercept(employee, call.id, (outcome) => {
      const { attempt } = watched;
      if (outcome.state === "sent" || attempt === undefined || attempt.interception !== interception) return;
      watched.attempt = undefined;
      // He had his chance; only a phone that stopped ringing elsewhere is a reason to ring him anew.
      watched.isOver = !(outcome.state === "refused" && outcome.reason === "cancelled");
      watched.letGo = { extension: attempt.interception.extension, until: this.#options.clock.now() + LETTING_GO_MS };
      const now = this.#options.calls().find(({ id }) => id === call.id);
      if (now) this.#consider(now, watched);
    });
    if (interception === undefined) watched.isOver = true;
    else watched.attempt = { interception, ringing };
  }

  /** Nobody else is rung in the place of one who is busy with our own attempt only. */
  #isLettingGo({ letGo }: Watched): boolean {
    const { deviceOf, clock } = this.#options;
    return letGo !== undefined && clock.now() < letGo.until && deviceOf(letGo.extension) !== "free";
  }

  #retarget(call: Call, { interception, ringing }: NonNullable<Watched["attempt"]>): void {
    if (!this.#options.needsRingingLeg || ringing === null) return;
    const own = call.cards.find(({ extension }) => extension === interception.extension);
    if (own?.pickedUp || call.cards.some((card) => card.legId === ringing)) return;
    interception.cancel();
  }

  #decide(call: Call, { responsibleUserId }: Watched): InterceptionDecision {
    const { account, policy, deviceOf, isWorkingTime, absenceOf, calls, clock } = this.#options;
    const now = clock.now();
    return decideInterception({
      call,
      account,
      policy,
      responsibleUserId,
      lastTalker: this.#talkerOf(call.client),
      isWorkingTime: isWorkingTime(now),
      absenceOf: (userId) => absenceOf(userId, now),
      deviceOf,
      isOnCall: (extension) =>
        calls().some(({ id, cards }) => id !== call.id && cards.some((card) => card.extension === extension)),
    });
  }

  #keep(call: Call, watched: Watched, decision: InterceptionDecision): void {
    const { pbx, journal, clock } = this.#options;
    const at = clock.now();
    const seen = [
      ...decision.passedOver.map(({ place, why, employee }) => ({
        at,
        state: `passed-over ${place} ${why}`,
        ...(employee.extensions[0] !== undefined && { extension: employee.extensions[0] }),
      })),
      { at, state: decision.decision === "ring" ? `ring ${decision.candidate.place}` : `none ${decision.why}` },
    ];
    const text = JSON.stringify(seen.map(({ state }) => state));
    if (watched.decided === text) return;
    watched.decided = text;
    const [extension = null] = decision.decision === "ring" ? decision.candidate.employee.extensions : [];
    const record = {
      id: randomUUID(),
      pbx,
      kind: "decide-interception",
      by: null,
      extension,
      callId: call.id,
    } as const;
    journal
      .keep({ ...record, target: null, askedAt: at, seen, outcome: null, endedAt: at })
      .catch((error: unknown) => this.onTrouble.tell(error));
  }

  #rememberTalker({ client, employees }: Call): void {
    const last = employees.findLast(({ talkSeconds }) => talkSeconds > 0);
    if (client === null || last === undefined) return;
    const key = tailOf(client);
    this.#lastTalkers.delete(key);
    this.#lastTalkers.set(key, last.extension);
    for (const oldest of this.#lastTalkers.keys()) {
      if (this.#lastTalkers.size <= TALKERS_REMEMBERED) break;
      this.#lastTalkers.delete(oldest);
    }
  }

  #talkerOf(client: string | null): string | null {
    return client === null ? null : (this.#lastTalkers.get(tailOf(client)) ?? null);
  }
}

/** Who talks to the client, or did: after the talk the call may last a moment longer, and rings for nobody. */
function takerOf({ cards, clientLegId, answeredAt, employees }: Call): string | null {
  const talking = cards.find(({ pickedUp, peerLegId }) => pickedUp && peerLegId === clientLegId);
  if (talking !== undefined || answeredAt === null) return talking?.extension ?? null;
  return employees.find(({ result }) => result === "answered" || result === "transferred-away")?.extension ?? null;
}
