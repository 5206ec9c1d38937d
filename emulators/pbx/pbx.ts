import { type Misbehaviour, WELL_BEHAVED } from "./ami/misbehaviour.ts";
import { AmiServer, type SeenAction } from "./ami/server.ts";
import type { AmiUser } from "./ami/session.ts";
import { type Company, PRACTICE_COMPANY } from "./company.ts";
import { type DeskPhone, type PhoneCallView, PhoneError, type PhoneView } from "./devices/desk-phone.ts";
import type { NumberPlan, OutsideCallView } from "./devices/outside.ts";
import { Dialplan } from "./dialplan/dialplan.ts";
import { Originates } from "./dialplan/originate.ts";
import { Tones } from "./dialplan/tones.ts";
import { Transfers } from "./dialplan/transfer.ts";
import { Exchange } from "./exchange/exchange.ts";
import { HttpDoor } from "./http/server.ts";
import { Presence } from "./presence.ts";
import { type ProfileStyle, profileOf } from "./profile.ts";
import { Recorder } from "./recorder.ts";
import { type CallRecord, CallRecords } from "./rest/call-records.ts";
import { type RestFault, RestServer } from "./rest/server.ts";

export type { Misbehaviour, NumberPlan, OutsideCallView, PhoneCallView, PhoneView, ProfileStyle, SeenAction };

export interface PbxOptions {
  readonly style: ProfileStyle;
  /** Root of the recordings; files are `YYYY/MM/DD/HH/<name>.wav` below it. */
  readonly monitorDir: string;
  /** TCP ports; 0 or missing = any free one. `httpPort: null` = no side door. */
  readonly amiPort?: number;
  readonly httpPort?: number | null;
  /** Address to listen on. */
  readonly host?: string;
  readonly company?: Company;
  readonly users?: readonly AmiUser[];
  /** Factor on the typical delays of a real PBX (1 = as recorded; tests use less). Ring times of routes are not touched by it. */
  readonly pace?: number;
  /** How often a recording repeats the sound of its talk: long recordings of short talks. */
  readonly soundRepeats?: number;
  /** Milliseconds after which an unanswered consultation comes back; MikoPBX: 45 s. */
  readonly consultationTimeoutMs?: number;
  /** The REST interface with the call records; without it there is none. */
  readonly rest?: RestSettings;
}

export interface RestSettings {
  readonly apiKey: string;
  /** Zone that call records are written in. */
  readonly timeZone: string;
  /** 0 or missing = any free one. */
  readonly port?: number;
  /** From the end of a call until its records can be read; MikoPBX: up to 5 s. */
  readonly settleMs?: number;
}

export type { CallRecord, RestFault };

export interface PbxState {
  readonly phones: readonly PhoneView[];
  /** Calls of people outside; ended ones stay for a minute. */
  readonly outside: readonly OutsideCallView[];
  /** Live channels; 0 = nothing goes on. */
  readonly channels: number;
}

/** What a person at one desk phone can do. Without an `id` the call in front is meant. */
export interface PhoneControls {
  readonly view: PhoneView;
  answer(id?: string): void;
  /** Refuses a ringing call, as busy or for good. */
  reject(id?: string, code?: 486 | 603): void;
  hangup(id?: string): void;
  hold(id?: string): void;
  unhold(id?: string): void;
  /** Dials; a talk that is open is put on hold first. */
  dial(number: string): PhoneCallView;
  /** Hands the talk over unannounced, as a phone does with REFER. */
  blindTransfer(number: string, id?: string): void;
  /** Joins the call on hold with the present one, and leaves. */
  attendedTransfer(): void;
  setRegistered(registered: boolean): void;
  setDoNotDisturb(on: boolean): void;
  /** Milliseconds until the phone answers by itself; null = never. */
  setAnswerAfter(milliseconds: number | null): void;
  /** Whether it does what a NOTIFY with the event `hold` or `talk` asks of it; it does not at first. */
  setObeysCallControl(on: boolean): void;
  /** Whether it picks up by itself when the PBX puts such a header into the INVITE; it does not at first. */
  setObeysAutoAnswer(on: boolean): void;
}

export interface PbxEmulator extends AsyncDisposable {
  readonly style: ProfileStyle;
  readonly amiPort: number;
  /** Null without a side door. */
  readonly httpPort: number | null;
  /** Null without the REST interface. */
  readonly restPort: number | null;
  /** What is in the call records by now. */
  readonly callRecords: readonly CallRecord[];
  /** The next requests to the REST interface are answered so, one each. */
  misbehaveRest(...faults: readonly RestFault[]): void;
  readonly users: readonly AmiUser[];
  /** The numbers that clients can call. */
  readonly dids: readonly string[];
  /** A client calls a DID; `from: null` hides the number. Returns the call's id (the trunk channel's Uniqueid). */
  clientCalls(call: { readonly from: string | null; readonly did: string; readonly name?: string }): string;
  clientAnswers(id: string): void;
  /** The client refuses a ringing call with a SIP code (486, 480, 404, 603 …). */
  clientRejects(id: string, code: number): void;
  clientHangsUp(id: string): void;
  /** What a number does when the company calls it; null forgets the plan. */
  planNumber(number: string, plan: NumberPlan | null): void;
  planByDefault(plan: NumberPlan): void;
  phone(extension: string): PhoneControls;
  readonly state: PbxState;
  /** Resolves with the first state for which `holds` is true; rejects with the state seen last. */
  waitFor(holds: (state: PbxState) => boolean, timeoutMs?: number): Promise<PbxState>;
  /** Calls back after every change; returns how to stop. */
  onChange(listener: () => void): Disposable;
  /** Changes some faults; {@link Misbehaviour}. */
  misbehave(change: Partial<Misbehaviour>): void;
  behave(): void;
  /** Cuts every AMI connection now. */
  dropLinks(): void;
  readonly misbehaviour: Misbehaviour;
  /** Actions that arrived over AMI, in order. */
  readonly actionsSeen: readonly SeenAction[];
}

/** The default account: sees and may do what a MikoPBX administrator can grant and Kommutator asks for. */
export const DEFAULT_USER: AmiUser = {
  username: "kommutator",
  secret: "practice-secret",
  read: ["call", "reporting", "agent", "user", "system"],
  write: ["call", "originate", "reporting", "agent", "user"],
};

/** Starts a practice PBX: an AMI on TCP, and an HTTP side door with a page of desk phones. */
export async function startPbx(options: PbxOptions): Promise<PbxEmulator> {
  const emulator = new Pbx(options);
  await emulator.start();
  return emulator;
}

class Pbx implements PbxEmulator {
  readonly style: ProfileStyle;
  readonly users: readonly AmiUser[];
  readonly #options: PbxOptions;
  readonly #exchange: Exchange;
  readonly #dialplan: Dialplan;
  readonly #transfers: Transfers;
  readonly #presence: Presence;
  readonly #ami: AmiServer;
  readonly #listeners = new Set<() => void>();
  readonly #records: CallRecords;
  #http: HttpDoor | undefined;
  #rest: RestServer | undefined;
  #amiPort = 0;
  #told = false;

  constructor(options: PbxOptions) {
    this.#options = options;
    this.style = options.style;
    this.users = options.users ?? [DEFAULT_USER];
    this.#exchange = new Exchange(profileOf(options.style), options.pace ?? 1);
    const recorder = new Recorder(this.#exchange, options.monitorDir, options.soundRepeats);
    this.#records = new CallRecords(this.#exchange, options.rest?.settleMs ?? 5_000);
    const changed = (): void => this.#changed();
    this.#dialplan = new Dialplan({
      exchange: this.#exchange,
      company: options.company ?? PRACTICE_COMPANY,
      recorder,
      changed,
    });
    this.#transfers = new Transfers(this.#dialplan, options.consultationTimeoutMs ?? 45_000);
    const tones = new Tones(this.#dialplan, this.#transfers);
    this.#presence = new Presence(this.#dialplan);
    this.#exchange.watchers.add(changed);
    const originates = new Originates(this.#dialplan);
    this.#ami = new AmiServer(
      this.#exchange,
      { dialplan: this.#dialplan, transfers: this.#transfers, tones, originates, presence: this.#presence },
      this.users,
    );
  }

  async start(): Promise<void> {
    const host = this.#options.host ?? "127.0.0.1";
    this.#amiPort = await this.#ami.listen(this.#options.amiPort ?? 0, host);
    if (this.#options.httpPort !== null) this.#http = await HttpDoor.open(this, this.#options.httpPort ?? 0, host);
    if (this.#options.rest) await this.#openRest(this.#options.rest, host);
  }

  async #openRest({ port = 0, ...settings }: RestSettings, host: string): Promise<void> {
    this.#rest = await RestServer.open(this.#records.rows, { ...settings, port, host });
  }

  get restPort(): number | null {
    return this.#rest?.port ?? null;
  }

  get callRecords(): readonly CallRecord[] {
    return this.#records.rows;
  }

  misbehaveRest(...faults: readonly RestFault[]): void {
    this.#rest?.misbehave(...faults);
  }

  get dids(): readonly string[] {
    return Object.keys(this.#dialplan.company.dids);
  }

  get amiPort(): number {
    return this.#amiPort;
  }

  get httpPort(): number | null {
    return this.#http?.port ?? null;
  }

  clientCalls({ from, did, name = "" }: { from: string | null; did: string; name?: string }): string {
    return this.#dialplan.receive(from, did, name);
  }

  clientAnswers(id: string): void {
    this.#dialplan.outside.answer(id);
  }

  clientRejects(id: string, code: number): void {
    this.#dialplan.outside.reject(id, code);
  }

  clientHangsUp(id: string): void {
    this.#dialplan.outside.hangup(id);
  }

  planNumber(number: string, plan: NumberPlan | null): void {
    this.#dialplan.outside.plan(number, plan);
  }

  planByDefault(plan: NumberPlan): void {
    this.#dialplan.outside.defaultPlan = plan;
  }

  phone(extension: string): PhoneControls {
    const phone = this.#dialplan.phones.get(extension);
    if (!phone) throw new PhoneError(`there is no phone ${extension}`);
    return this.#controls(phone);
  }

  #controls(phone: DeskPhone): PhoneControls {
    const registered = (): void => {
      if (!phone.registered) throw new PhoneError(`phone ${phone.employee.extension} is not registered`);
    };
    return {
      get view(): PhoneView {
        return phone.view();
      },
      answer: (id) => phone.answer(id),
      reject: (id, code) => phone.reject(id, code),
      hangup: (id) => phone.hangup(id),
      hold: (id) => phone.hold(id),
      unhold: (id) => phone.unhold(id),
      dial: (number) => {
        registered();
        return this.#dialplan.dialFrom(phone, number);
      },
      blindTransfer: (number, id) => {
        if (!this.#transfers.blind(phone.channelOf(id), "internal-transfer", number)) {
          throw new PhoneError(`phone ${phone.employee.extension} has no talk to hand over`);
        }
      },
      attendedTransfer: () => {
        const held = phone.heldChannel();
        if (!held || !this.#transfers.byPhone(held, phone.channelOf())) {
          throw new PhoneError(`phone ${phone.employee.extension} needs one call on hold and one talk`);
        }
      },
      setRegistered: (on) => {
        this.#presence.register(phone, on);
        this.#changed();
      },
      setDoNotDisturb: (on) => {
        phone.doNotDisturb = on;
        this.#changed();
      },
      setAnswerAfter: (milliseconds) => {
        phone.answerAfterMs = milliseconds;
        this.#changed();
      },
      setObeysCallControl: (on) => {
        phone.obeysCallControl = on;
      },
      setObeysAutoAnswer: (on) => {
        phone.obeysAutoAnswer = on;
      },
    };
  }

  get state(): PbxState {
    return {
      phones: [...this.#dialplan.phones.values()].map((phone) => phone.view()),
      outside: this.#dialplan.outside.views(),
      channels: this.#exchange.channels.size,
    };
  }

  waitFor(holds: (state: PbxState) => boolean, timeoutMs = 10_000): Promise<PbxState> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        const { state } = this;
        if (!holds(state)) return false;
        clearTimeout(timer);
        listening?.[Symbol.dispose]();
        resolve(state);
        return true;
      };
      let listening: Disposable | undefined;
      const timer = setTimeout(() => {
        listening?.[Symbol.dispose]();
        reject(
          new Error(`the PBX did not reach the wanted state in ${timeoutMs} ms; it is ${JSON.stringify(this.state)}`),
        );
      }, timeoutMs);
      if (!look()) listening = this.onChange(look);
    });
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Several changes of one turn are told once. */
  #changed(): void {
    if (this.#told) return;
    this.#told = true;
    setImmediate(() => {
      this.#told = false;
      for (const listener of this.#listeners) listener();
    });
  }

  misbehave(change: Partial<Misbehaviour>): void {
    this.#ami.misbehave(change);
  }

  behave(): void {
    this.#ami.misbehave(WELL_BEHAVED);
  }

  get misbehaviour(): Misbehaviour {
    return this.#ami.misbehaviour;
  }

  dropLinks(): void {
    this.#ami.drop();
  }

  get actionsSeen(): readonly SeenAction[] {
    return this.#ami.seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http?.close();
    await this.#rest?.close();
    await this.#ami.close();
    this.#listeners.clear();
  }
}
