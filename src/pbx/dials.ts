/** Who calls whom: dials followed through Local pairs to the phones that ring in the end, and how they end. */
import { localTarget } from "./endpoint.ts";
import type { ChannelFacts, Fact } from "./facts.ts";
import type { LegBook } from "./leg-book.ts";
import { type Channel, callerOf, rungBeneath } from "./switchboard.ts";

/** Dial statuses of a step that could not even ring. */
const UNREACHED: ReadonlySet<string> = new Set(["BUSY", "CHANUNAVAIL", "CONGESTION"]);

/** Q.850 causes with which a dialplan lets a caller go for whom it had no phone ring. */
const UNREACHED_BY_CAUSE: ReadonlyMap<number, string> = new Map([
  [17, "BUSY"],
  [20, "CHANUNAVAIL"],
]);

export class Dials {
  readonly #book: LegBook;

  constructor(book: LegBook) {
    this.#book = book;
  }

  begun({ channel: dialler, target: { uniqueid }, dialString }: Extract<Fact, { type: "dial-begun" }>): void {
    const target = this.#book.switchboard.find(uniqueid);
    if (!target) return;
    if (dialler) this.#dials(dialler);
    if (target.isLocal) {
      if (dialler === null) this.#request(target);
      return;
    }
    this.#book.begin(target, dialledNumber(dialString) ?? target.facts.callerNumber);
    // That a phone rings may be told before it is told who calls.
    if (target.rang) this.#book.tellRinging(target);
    this.tellCaller(target);
  }

  /** An employee's phone rings, whatever it lets him hear who calls; a line may let him hear that it is busy. */
  progressed({ target: { uniqueid } }: Extract<Fact, { type: "dial-progressed" }>): void {
    const phone = this.#book.switchboard.find(uniqueid);
    if (phone && this.#book.find(uniqueid)?.isEmployee) this.#book.tellRinging(phone);
  }

  ended({ channel: dialler, target: { uniqueid }, status }: Extract<Fact, { type: "dial-ended" }>): void {
    if (status === "ANSWER" || status === "") return;
    if (dialler && status === "CANCEL") this.#tellRedirect(dialler);
    const target = this.#book.switchboard.find(uniqueid);
    if (!target) return;
    // Of a dial that was asked for only the inner one tells how it went with the phone (capture m13d: called off).
    for (const phone of target.isLocal && dialler === null ? [] : rungBeneath(target)) {
      this.#book.tell(phone, { type: "leg-dial-ended", status });
    }
    if (!target.isLocal) return;
    this.#book.tell(target, { type: "leg-dial-ended", status });
    this.#tellUnreached(target, status);
  }

  /** A Local channel was to reach an extension, and its dialplan found no phone of his to ring (capture m16c: busy). */
  #tellUnreached(local: Channel, status: string): void {
    const extension = this.#book.profile.endpointToExtension.exec(localTarget(local.facts.name) ?? "")?.[1];
    if (extension === undefined || local.pair?.hasDialled !== false || !UNREACHED.has(status)) return;
    const caller = callerOf(local);
    if (caller) this.#book.tell(caller, { type: "leg-unreached", extension, status });
  }

  /** Who is let go before anybody was dialled for him had asked for a phone that is busy, or not there (capture q08). */
  letGo(caller: Channel, cause: number): void {
    const { asked = null } = this.#book.find(caller.uniqueid) ?? {};
    const extension = this.#book.profile.endpointToExtension.exec(asked ?? "")?.[1];
    const status = UNREACHED_BY_CAUSE.get(cause);
    if (extension === undefined || status === undefined || caller.hasDialled || caller.facts.state === "up") return;
    this.#book.tell(caller, { type: "leg-unreached", extension, status });
  }

  /** Whoever rings behind a Local half is rung for those in its bridge, whichever of them entered it last. */
  tellCallersBehind(entered: Channel): void {
    const locals = [...(entered.bridge?.members ?? [])].filter(({ isLocal }) => isLocal);
    for (const phone of locals.flatMap(rungBeneath)) if (phone.isDialled) this.tellCaller(phone);
  }

  tellCaller(phone: Channel): void {
    const told = this.#book.find(phone.uniqueid);
    const caller = callerOf(phone);
    if (!told || caller === undefined) return;
    const by = caller?.uniqueid ?? null;
    // While a Local half moves between bridges nobody seems to call.
    if (by === null && told.caller !== undefined) return;
    const shows = phone.facts.connectedNumber;
    if (by === told.caller && shows === told.shows) return;
    told.caller = by;
    told.shows = shows;
    this.#book.tell(phone, { type: "leg-called", by, shows });
  }

  /** He goes on in the place of one of `lines`, and what that one dials is rung for him. @returns the phones that ring */
  takenOver(caller: Channel, lines: readonly string[]): Channel[] {
    const told = this.#book.find(caller.uniqueid);
    const dialling = lines.findLast((line) => this.#book.find(line)?.dialContext !== undefined);
    if (told && dialling !== undefined) told.dialContext = this.#book.find(dialling)?.dialContext;
    const phones = [...caller.dials].filter(({ isDialled }) => isDialled).flatMap(rungBeneath);
    for (const phone of phones) this.tellCaller(phone);
    return phones;
  }

  /** The number that an employee's phone will show comes to be known on either half of the Local channel for it. */
  requestSeen(half: Channel): void {
    const local = this.#book.find(half.uniqueid) ? half : half.pair;
    const told = local && this.#book.find(local.uniqueid);
    if (!local || !told || told.shows !== null) return;
    const own = localTarget(local.facts.name);
    const candidates = [local.pair?.facts.callerNumber, local.facts.connectedNumber, local.facts.callerNumber];
    const shows = candidates.find((number) => number != null && number !== own);
    if (shows == null) return;
    told.shows = shows;
    this.#book.tell(local, { type: "leg-called", by: null, shows });
  }

  #dials({ uniqueid, context }: ChannelFacts): void {
    const channel = this.#book.switchboard.find(uniqueid);
    const told = this.#book.find(uniqueid);
    if (!channel || !told) return;
    this.#book.tellDid(channel);
    told.dialContext = context;
    // It left a conversation to go on elsewhere (a blind transfer), not to end.
    told.leftFirst = false;
  }

  /** The PBX was asked to ring an employee and dials a Local channel for it. */
  #request(local: Channel): void {
    const extension = this.#book.profile.endpointToExtension.exec(localTarget(local.facts.name) ?? "")?.[1];
    if (extension === undefined || local.bridge || this.#book.find(local.uniqueid)) return;
    this.#book.add(local, { kind: "employee", extension }, { kind: "requested" });
    this.requestSeen(local);
  }

  /**
   * Before it is applied: who leaves a bridge and stands elsewhere in the dialplan of a sudden was sent there, out of a talk
   * or out of a queue's music (captures q16, q09).
   */
  leaving(facts: ChannelFacts): void {
    const known = this.#book.switchboard.find(facts.uniqueid);
    if (known && known.facts.context !== facts.context) this.#tellRedirect(facts);
  }

  /** The dial was called off because the caller has been sent elsewhere: he stands in that context already (capture 08). */
  #tellRedirect({ uniqueid, context, exten }: ChannelFacts): void {
    const caller = this.#book.switchboard.find(uniqueid);
    const told = this.#book.find(uniqueid);
    if (!caller || !told || told.isEmployee || told.dialContext === undefined) return;
    if (context === told.dialContext || exten === "" || exten === "h") return;
    told.dialContext = undefined;
    const over = this.#book.profile.transferContext.test(context);
    this.#book.tell(caller, { type: "leg-redirected", target: exten, over });
  }
}

/** The number in `79001234567@trunk`, as it is sent to the line. */
function dialledNumber(dialString: string): string | null {
  return /^(?:[^/]*\/)?(\+?[\d*#]{2,})@/.exec(dialString)?.[1] ?? null;
}
