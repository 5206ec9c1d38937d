/** The SIP phones and the telephone company of the lab's Asterisk, as the page of desk phones works them. */
import { CannotDo } from "../../emulators/pbx/devices/cannot-do.ts";
import type { ClientOnPage, DeskPhones, PhoneKeys, PhoneOnPage } from "../../emulators/pbx/http/phones-page.ts";
import type { Phone } from "../lab/phone.ts";
import type { Provider } from "../lab/provider.ts";
import type { Call } from "../lab/sip/call.ts";
import type { CallState } from "../lab/sip/call-progress.ts";
import { type AsteriskPbx, startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import type { Colleague } from "./company.ts";

/** So many calls of clients stay on the page after they have ended. */
const ENDED_SHOWN = 3;

export class AsteriskPhones implements DeskPhones {
  readonly style = "real";
  readonly dids: readonly string[];
  readonly #provider: Provider;
  readonly #phones: ReadonlyMap<string, DrawnPhone>;

  private constructor(dids: readonly string[], provider: Provider, phones: readonly DrawnPhone[]) {
    this.dids = dids;
    this.#provider = provider;
    this.#phones = new Map(phones.map((phone) => [phone.view.extension, phone]));
  }

  /** Starts the Asterisk and registers a phone for each colleague. */
  static async start(
    colleagues: readonly Colleague[],
    dids: readonly string[],
  ): Promise<{ pbx: AsteriskPbx; phones: AsteriskPhones }> {
    const pbx = await startAsteriskPbx();
    try {
      const phones = await Promise.all(
        colleagues.map(async ({ extension, name }) => new DrawnPhone(await pbx.sipPhone(extension), name)),
      );
      return { pbx, phones: new AsteriskPhones(dids, pbx.provider, phones) };
    } catch (error) {
      await pbx[Symbol.asyncDispose]();
      throw error;
    }
  }

  get state() {
    return { phones: [...this.#phones.values()].map((phone) => phone.view), outside: this.#outside };
  }

  /** An id is the call's place in the provider's history. */
  get #outside(): readonly ClientOnPage[] {
    const all = this.#provider.history.map((call, index) => ({ call, view: toClient(call, String(index)) }));
    const ended = all.filter(({ call }) => call.state === "ended").slice(-ENDED_SHOWN);
    return all.filter((one) => one.call.state !== "ended" || ended.includes(one)).map(({ view }) => view);
  }

  phone(extension: string): PhoneKeys {
    const phone = this.#phones.get(extension);
    if (phone === undefined) throw new CannotDo(`there is no phone ${extension}`);
    return phone;
  }

  clientCalls(call: { readonly from: string | null; readonly did: string; readonly name?: string }): string {
    this.#provider.call(call);
    return String(this.#provider.history.length - 1);
  }

  clientAnswers(id: string): void {
    if (!this.#client(id).answer()) throw new CannotDo(`call ${id} is not ringing at the client`);
  }

  clientRejects(id: string, code: number): void {
    if (!this.#client(id).reject(code)) throw new CannotDo(`call ${id} is not ringing at the client`);
  }

  clientHangsUp(id: string): void {
    const call = this.#client(id);
    if (call.state === "ended") throw new CannotDo(`call ${id} has ended already`);
    call.hangup();
  }

  onChange(listener: () => void): Disposable {
    const all = [this.#provider, ...this.#phones.values()].map(({ changes }) => changes.add(listener));
    return { [Symbol.dispose]: () => all.forEach((one) => void one[Symbol.dispose]()) };
  }

  #client(id: string): Call {
    const call = this.#provider.history[Number(id)];
    if (call === undefined) throw new CannotDo(`no outside call ${id}`);
    return call;
  }
}

const CLIENT_STATES = {
  trying: "calling",
  ringing: "ringing",
  talking: "talking",
  held: "talking",
  ended: "ended",
} as const satisfies Record<CallState, ClientOnPage["state"]>;

function toClient(call: Call, id: string): ClientOnPage {
  const isIn = call.direction === "outgoing"; // out of the provider, into the company
  return {
    id,
    direction: isIn ? "in" : "out",
    number: isIn ? call.ownNumber : call.calledNumber,
    did: isIn ? call.calledNumber : null,
    state: call.state === "talking" && call.heldByPeer ? "music" : CLIENT_STATES[call.state],
  };
}

/** One SIP phone with a screen and keys. An id is the call's place in the phone's history. */
class DrawnPhone implements PhoneKeys {
  readonly changes: Phone["changes"];
  readonly #phone: Phone;
  readonly #name: string;
  #registered = true;
  #doNotDisturb = false;
  #answerAfterMs: number | null = null;

  constructor(phone: Phone, name: string) {
    this.#phone = phone;
    this.#name = name;
    this.changes = phone.changes;
  }

  get view(): PhoneOnPage {
    return {
      extension: this.#phone.extension,
      name: this.#name,
      registered: this.#registered,
      doNotDisturb: this.#doNotDisturb,
      calls: this.#live.map((call) => ({
        id: String(this.#phone.history.indexOf(call)),
        state: screenState(call),
        number: call.remoteNumber,
        name: call.remoteName,
      })),
    };
  }

  /** A talk that is open is put on hold first, here as in dial(). */
  async answer(id?: string): Promise<void> {
    const call = this.#pick(id, "ringing");
    await this.#holdTalks();
    if (!call.answer()) throw new CannotDo(`phone ${this.#phone.extension}: the call is gone`);
  }

  reject(id?: string): void {
    this.#pick(id, "ringing").reject();
  }

  hangup(id?: string): void {
    this.#pick(id, "talking", "calling", "on-hold", "held", "ringing").hangup();
  }

  async hold(id?: string): Promise<void> {
    await this.#pick(id, "talking").hold();
  }

  async unhold(id?: string): Promise<void> {
    await this.#pick(id, "held").unhold();
  }

  async dial(number: string): Promise<void> {
    if (!this.#registered) throw new CannotDo(`phone ${this.#phone.extension} is not registered`);
    await this.#holdTalks();
    this.#phone.dial(number);
  }

  async blindTransfer(number: string, id?: string): Promise<void> {
    expectTaken(await this.#pick(id, "talking", "held").blindTransfer(number));
  }

  /** Joins the call on hold with the present one, and leaves. */
  async attendedTransfer(): Promise<void> {
    expectTaken(await this.#pick(undefined, "held").attendedTransfer(this.#pick(undefined, "talking")));
  }

  async setRegistered(registered: boolean): Promise<void> {
    await (registered ? this.#phone.register() : this.#phone.unregister());
    this.#registered = registered;
    this.changes.tell();
  }

  setDoNotDisturb(on: boolean): void {
    this.#doNotDisturb = on;
    this.#obey();
  }

  setAnswerAfter(milliseconds: number | null): void {
    this.#answerAfterMs = milliseconds;
    this.#obey();
  }

  #obey(): void {
    const answers = this.#answerAfterMs === null ? "ring" : { answerAfterMs: this.#answerAfterMs };
    this.#phone.policy = this.#doNotDisturb ? { rejectAfterMs: 0, code: 486 } : answers;
    this.changes.tell();
  }

  /** The newest in front. */
  get #live(): readonly Call[] {
    return [...this.#phone.calls].reverse();
  }

  /** The call with this id, or the first one in the first of these states. */
  #pick(id: string | undefined, ...states: PhoneOnPage["calls"][number]["state"][]): Call {
    const candidates = id === undefined ? this.#live : [this.#phone.history[Number(id)]];
    for (const state of states) {
      const call = candidates.find((one) => one !== undefined && one.state !== "ended" && screenState(one) === state);
      if (call) return call;
    }
    throw new CannotDo(`phone ${this.#phone.extension} has no call that is ${states.join(" or ")}`);
  }

  async #holdTalks(): Promise<void> {
    const talks = this.#phone.calls.filter((call) => call.state === "talking");
    await Promise.all(talks.map((call) => call.hold()));
  }
}

function screenState(call: Call): PhoneOnPage["calls"][number]["state"] {
  switch (call.state) {
    case "trying":
    case "ended": // it leaves the screen in the same moment
      return "calling";
    case "ringing":
      return call.direction === "incoming" ? "ringing" : "calling";
    case "held":
      return "held";
    case "talking":
      return call.heldByPeer ? "on-hold" : "talking";
  }
}

/** @throws CannotDo when the PBX has reported (by this SIP status) that it did not hand the call over */
function expectTaken(status: number): void {
  if (status >= 300) throw new CannotDo(`the PBX does not hand the call over (${status})`);
}
