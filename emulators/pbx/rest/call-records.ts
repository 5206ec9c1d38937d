import type { PbxEvent } from "../exchange/announcer.ts";
import type { Channel } from "../exchange/channel.ts";
import type { Exchange } from "../exchange/exchange.ts";

/** A row as MikoPBX keeps it. Times are epoch milliseconds here; the interface writes them in the PBX's zone. */
export interface CallRecord {
  /** Given when the row is moved to where it stays: counts up in the order of completion. */
  readonly id: number;
  readonly start: number;
  readonly answer: number | null;
  readonly end: number;
  readonly srcChan: string;
  readonly srcNum: string;
  readonly dstChan: string;
  readonly dstNum: string;
  readonly uniqueid: string;
  readonly linkedid: string;
  readonly did: string;
  readonly disposition: string;
  readonly dialStatus: string;
  readonly appName: "" | "originate" | "interception";
  readonly isApp: boolean;
  readonly recordingFile: string;
  readonly fromAccount: string;
  readonly toAccount: string;
}

/** A row while its call lives. */
interface OpenRow {
  readonly start: number;
  readonly src: Channel | undefined;
  readonly srcNum: string;
  readonly dst: Channel | undefined;
  readonly dstChan: string;
  readonly dstNum: string;
  readonly uniqueid: string;
  readonly did: string;
  readonly appName: CallRecord["appName"];
  readonly isApp: boolean;
  answer: number | null;
  end: number | null;
  dialStatus: string;
  recordingFile: string;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/**
 * Writes MikoPBX's call records (docs/protocols/mikopbx.md#call-records): a row for each device that is tried, one more for a queue, moved to
 * where they stay only when nothing of the whole call lives any more. Not imitated: rows of applications, voicemail,
 * working hours, and of an intercepted talk.
 */
export class CallRecords {
  readonly rows: CallRecord[] = [];
  readonly #exchange: Exchange;
  readonly #settleMs: number;
  readonly #channels = new Map<string, Channel>();
  readonly #open = new Set<OpenRow>();
  /** Clients' channels that began a call. */
  readonly #incoming = new Map<Channel, number>();

  /** @param settleMs from the end of the last channel until the rows are there; MikoPBX looks every 5 s */
  constructor(exchange: Exchange, settleMs: number) {
    this.#exchange = exchange;
    this.#settleMs = settleMs;
    exchange.listeners.add((event) => this.#hear(event));
  }

  #hear(event: PbxEvent): void {
    const value = (name: string) => String(event.lines.find(([key]) => key === name)?.[1] ?? "");
    switch (event.name) {
      case "Newchannel":
        this.#born(value("Channel"));
        break;
      case "DialBegin":
        this.#dialled(this.#channels.get(value("Channel")), this.#channels.get(value("DestChannel")));
        break;
      case "DialEnd":
        this.#dialEnded(value("DestChannel"), value("DialStatus"));
        break;
      case "UserEvent":
        if (value("UserEvent") === "StartRecording") this.#recorded(value("recchan"), value("recordingfile"));
        break;
      case "QueueCallerJoin":
        this.#queued(this.#channels.get(value("Channel")));
        break;
      case "AgentConnect":
        for (const row of this.#rowsOf((each) => each.isApp && this.#isOfCall(each, value("Linkedid"))))
          row.answer ??= Date.now();
        break;
      case "AttendedTransfer":
        this.#transferred(value("OrigTransfererChannel"), this.#channels.get(value("TransfereeChannel")));
        break;
      case "Hangup":
        this.#ended(value("Channel"));
        break;
    }
  }

  #born(name: string): void {
    const channel = this.#exchange.find(name);
    if (channel === undefined) return;
    this.#channels.set(name, channel);
    if (channel.context === this.#exchange.profile.inboundContext && channel.state === "Ring")
      this.#incoming.set(channel, Date.now());
  }

  #dialled(caller: Channel | undefined, leg: Channel | undefined): void {
    if (caller === undefined || leg === undefined || leg.isLocal) return;
    const isAttempt = caller.context === "internal-originate";
    const src = this.#sourceOf(caller) ?? caller;
    this.#add({
      src,
      dst: leg,
      dstChan: leg.name,
      dstNum: leg.callerId.number || leg.exten,
      uniqueid: caller.uniqueid,
      appName: !isAttempt ? "" : caller.variables.has("INTECEPTION_CNANNEL") ? "interception" : "originate",
      isApp: false,
      // An attempt's row tells whom it is for: the number that the employee's phone shows.
      srcNum: isAttempt ? caller.callerId.number : src.callerId.number,
    });
  }

  /** Whose call it is: the transferrer's in a consultation, else the one that the dialplan remembers. */
  #sourceOf(caller: Channel): Channel | undefined {
    const consulting = caller.variables.has("ISTRANSFER") ? caller.peer : undefined;
    return consulting?.bridge?.otherThan(consulting) ?? this.#channels.get(caller.variables.get("FROM_CHAN") ?? "");
  }

  #queued(channel: Channel | undefined): void {
    if (channel === undefined) return;
    const src = this.#channels.get(channel.variables.get("FROM_CHAN") ?? "") ?? channel;
    this.#add({
      src,
      srcNum: src.callerId.number,
      dst: undefined,
      dstChan: `Queue:${channel.exten}`,
      dstNum: channel.exten,
      uniqueid: channel.uniqueid,
      appName: "",
      isApp: true,
    });
  }

  #add(row: Omit<OpenRow, "start" | "answer" | "end" | "dialStatus" | "recordingFile" | "did">): OpenRow {
    const suffix = Array.from({ length: 6 }, () => LETTERS[Math.floor(Math.random() * LETTERS.length)]).join("");
    const open: OpenRow = {
      ...row,
      uniqueid: `${row.uniqueid}_${suffix}`,
      did: row.src?.variables.get("FROM_DID") ?? "",
      start: Date.now(),
      answer: null,
      end: null,
      dialStatus: "",
      recordingFile: "",
    };
    this.#open.add(open);
    return open;
  }

  #dialEnded(leg: string, status: string): void {
    for (const row of this.#rowsOf(({ dstChan, end }) => dstChan === leg && end === null)) {
      if (status === "ANSWER") row.answer ??= Date.now();
      else [row.dialStatus, row.end] = [status, Date.now()];
    }
  }

  #recorded(channel: string, file: string): void {
    for (const row of this.#rowsOf(({ dstChan }) => dstChan === channel)) row.recordingFile = file;
  }

  /** The consultation's row ends, and the client's talk with the target is a row of its own. */
  #transferred(transferrer: string, transferee: Channel | undefined): void {
    const [row] = this.#rowsOf(({ src, end }) => src?.name === transferrer && end === null);
    if (row?.dst === undefined || transferee === undefined) return;
    const isTalk = row.answer !== null;
    if (isTalk) row.end = Date.now();
    const { dst, dstChan, dstNum } = row;
    const srcNum = transferee.callerId.number;
    const next = this.#add({
      src: transferee,
      srcNum,
      dst,
      dstChan,
      dstNum,
      uniqueid: transferee.uniqueid,
      appName: "",
      isApp: false,
    });
    if (isTalk) next.answer = Date.now();
  }

  #ended(name: string): void {
    const channel = this.#channels.get(name);
    for (const row of this.#rowsOf(({ dst, src, end }) => end === null && (dst ?? src) === channel))
      row.end = Date.now();
    this.#exchange.later(this.#settleMs, () => this.#settle());
  }

  #settle(): void {
    const living = new Set([...this.#exchange.channels.values()].map(({ linkedid }) => linkedid));
    const done = this.#rowsOf((row) => row.end !== null && !living.has(linkedidOf(row)));
    for (const row of done) {
      this.#open.delete(row);
      // Answered attempts are not kept.
      if (row.appName === "" || row.answer === null) this.#keep(row);
    }
    for (const [channel, start] of this.#incoming) {
      if (!channel.gone || living.has(channel.linkedid)) continue;
      this.#incoming.delete(channel);
      if (!this.rows.some(({ linkedid }) => linkedid === channel.linkedid)) this.#keepEarlyEnd(channel, start);
    }
    for (const [name, channel] of this.#channels) {
      if (channel.gone && ![...this.#open].some(({ src, dst }) => src === channel || dst === channel))
        this.#channels.delete(name);
    }
  }

  #keep(row: OpenRow): void {
    const attempt = row.appName === "originate" ? "ORIGINATE_TRY_DIAL" : "ORIGINATE_TRY_INTERCEPTION";
    const dialStatus = row.appName === "" ? row.dialStatus : attempt;
    this.rows.push({
      id: this.rows.length + 1,
      start: row.start,
      answer: row.answer,
      end: row.end ?? Date.now(),
      srcChan: row.src?.name ?? "",
      srcNum: row.srcNum,
      dstChan: row.dstChan,
      dstNum: row.dstNum,
      uniqueid: row.uniqueid,
      linkedid: linkedidOf(row),
      did: row.did,
      disposition: row.answer !== null ? "ANSWERED" : dialStatus || "NOANSWER",
      dialStatus: row.answer !== null ? "ANSWER" : dialStatus,
      appName: row.appName,
      isApp: row.isApp,
      recordingFile: row.recordingFile,
      fromAccount: row.src && this.#isTrunk(row.src) ? this.#exchange.profile.trunk : "",
      toAccount: row.dst && this.#isTrunk(row.dst) ? this.#exchange.profile.trunk : "",
    });
  }

  /** A caller who hung up before anything was tried leaves a row of his own. */
  #keepEarlyEnd(channel: Channel, start: number): void {
    this.#keep({
      start,
      src: channel,
      srcNum: channel.callerId.number,
      dst: undefined,
      dstChan: "",
      dstNum: channel.variables.get("FROM_DID") ?? "",
      uniqueid: channel.uniqueid,
      did: channel.variables.get("FROM_DID") ?? channel.exten,
      appName: "",
      isApp: false,
      answer: null,
      end: Date.now(),
      dialStatus: "CANCEL",
      recordingFile: "",
    });
  }

  #isTrunk(channel: Channel): boolean {
    return channel.name.startsWith(`PJSIP/${this.#exchange.profile.trunk}-`);
  }

  #isOfCall(row: OpenRow, linkedid: string): boolean {
    return linkedidOf(row) === linkedid;
  }

  #rowsOf(matches: (row: OpenRow) => boolean): OpenRow[] {
    return [...this.#open].filter(matches);
  }
}

/** The one that the channels have in the end: rows are rewritten when calls merge. */
function linkedidOf({ src, dst }: OpenRow): string {
  return (dst ?? src)?.linkedid ?? "";
}
