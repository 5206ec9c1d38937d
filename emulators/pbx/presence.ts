import type { DeskPhone } from "./devices/desk-phone.ts";
import type { Dialplan } from "./dialplan/dialplan.ts";
import type { QueueMember } from "./dialplan/queue.ts";
import type { Line } from "./packet-text.ts";

/** A hint's number and word (MikoPBX: a phone is Busy from the first ring on; never Ringing, never Hold). */
const HINT = { idle: [0, "Idle"], busy: [2, "Busy"], unavailable: [4, "Unavailable"] } as const;
type Hint = keyof typeof HINT;

/** What the PBX publishes about its extensions: hints, device states, queue members, contacts. Told when it changes. */
export class Presence {
  readonly #dialplan: Dialplan;
  readonly #told = new Map<string, string>();
  readonly #startedAt = Math.floor(Date.now() / 1000);

  constructor(dialplan: Dialplan) {
    this.#dialplan = dialplan;
    for (const phone of dialplan.phones.values()) this.#told.set(phone.employee.extension, this.#deviceState(phone));
    dialplan.exchange.watchers.add((channel) => {
      for (const phone of dialplan.phones.values()) if (channel.device === phone) this.#refresh(phone);
    });
  }

  /** The phone registers or goes away. */
  register(phone: DeskPhone, registered: boolean): void {
    if (phone.registered === registered) return;
    const { exchange } = this.#dialplan;
    const { extension } = phone.employee;
    phone.registered = registered;
    const contact = (status: string, roundTrip: number): void =>
      exchange.emit("ContactStatus", "system", [
        ["URI", phone.contact],
        ["ContactStatus", status],
        ["AOR", extension],
        ["EndpointName", extension],
        ["RoundtripUsec", roundTrip],
      ]);
    const peer = (status: string): void =>
      exchange.emit("PeerStatus", "system", [
        ["ChannelType", "PJSIP"],
        ["Peer", `PJSIP/${extension}`],
        ["PeerStatus", status],
      ]);
    if (registered) {
      contact("NonQualified", 0);
      peer("Reachable");
      this.#refresh(phone);
      contact("Reachable", 300);
    } else {
      peer("Unreachable");
      contact("Removed", 0);
      this.#refresh(phone);
    }
  }

  /** Lines of ExtensionStatus, for the event and for ExtensionStateList. */
  hintLines(phone: DeskPhone): Line[] {
    const { extension } = phone.employee;
    const [status, text] = HINT[this.#hint(phone)];
    return [
      ["Exten", extension],
      ["Context", "internal-hints"],
      ["Hint", `PJSIP/${extension}&Custom:${extension}`],
      ["Status", status],
      ["StatusText", text],
    ];
  }

  /** Member's lines of QueueMemberStatus; `nameKey` differs in the list QueueStatus. */
  memberLines(member: QueueMember, forList = false): Line[] {
    const { profile, queue } = this.#dialplan;
    const { extension } = member;
    return [
      ["Queue", queue.name],
      [forList ? "Name" : "MemberName", extension],
      [forList ? "Location" : "Interface", `Local/${extension}@internal/n`],
      ["StateInterface", profile.stateInterface(extension)],
      ["Membership", "static"],
      ["Penalty", 0],
      ["CallsTaken", member.callsTaken],
      ["LastCall", member.lastCall],
      ["LastPause", 0],
      ["LoginTime", this.#startedAt],
      ["InCall", 0],
      ["Status", this.#memberStatus(extension)],
      ["Paused", 0],
      ["PausedReason", ""],
      ...(forList ? [] : ([["Ringinuse", 0]] satisfies Line[])),
      ["Wrapuptime", 0],
    ];
  }

  #channelsOf(phone: DeskPhone): boolean[] {
    return [...this.#dialplan.exchange.channels.values()]
      .filter((channel) => channel.device === phone && channel.state !== "Down")
      .map((channel) => channel.state === "Ringing");
  }

  #hint(phone: DeskPhone): Hint {
    if (!phone.registered) return "unavailable";
    return this.#channelsOf(phone).length > 0 ? "busy" : "idle";
  }

  #deviceState(phone: DeskPhone): string {
    const ringing = this.#channelsOf(phone);
    if (!phone.registered) return "UNAVAILABLE";
    if (ringing.length === 0) return "NOT_INUSE";
    if (this.#dialplan.profile.style === "mikopbx") return "BUSY";
    return ringing.every(Boolean) ? "RINGING" : "INUSE";
  }

  #memberStatus(extension: string): number {
    const phone = this.#dialplan.phones.get(extension);
    const state = phone ? this.#deviceState(phone) : "UNAVAILABLE";
    return { NOT_INUSE: 1, INUSE: 2, BUSY: 3, UNAVAILABLE: 5, RINGING: 6 }[state] ?? 0;
  }

  #refresh(phone: DeskPhone): void {
    const { exchange, profile, queue } = this.#dialplan;
    const { extension } = phone.employee;
    const state = this.#deviceState(phone);
    if (this.#told.get(extension) === state) return;
    this.#told.set(extension, state);
    if (profile.style === "mikopbx") exchange.emit("ExtensionStatus", "call", this.hintLines(phone));
    else
      exchange.emit("DeviceStateChange", "call", [
        ["Device", `PJSIP/${extension}`],
        ["State", state],
      ]);
    const member = queue.members.find((one) => one.extension === extension);
    if (member) exchange.emit("QueueMemberStatus", "agent", this.memberLines(member));
  }
}
