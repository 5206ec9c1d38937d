/** The test lab's real Asterisk and SIP phones, as a `TestPbx`. */
import { type LabOptions, startLab } from "../lab/lab.ts";
import type { Phone } from "../lab/phone.ts";
import type { Provider } from "../lab/provider.ts";
import type { SipAgent } from "../lab/sip/agent.ts";
import type { Call } from "../lab/sip/call.ts";
import type { TestCall, TestPbx, TestPhone } from "./pbx.ts";

export interface AsteriskPbx extends TestPbx {
  /** Where it writes its call records: `cdr-csv/Master.csv`, and `master.db` with the table `cdr`. */
  readonly recordsDirectory: string;
  /** The far side of the trunk, for what a test does not do. */
  readonly provider: Provider;
  /** The SIP phone of an extension, registered; the same one each time it is asked for. */
  sipPhone(extension: string): Promise<Phone>;
}

export async function startAsteriskPbx(options: LabOptions = {}): Promise<AsteriskPbx> {
  const lab = await startLab(options);
  const provider = await lab.provider().start();
  const sipPhones = new Map<string, Promise<Phone>>();
  const phones = new Map<string, Promise<TestPhone>>();
  const agents: SipAgent[] = [provider];

  const startSipPhone = async (extension: string): Promise<Phone> => {
    const phone = await lab.phone(extension).start();
    agents.push(phone);
    return phone;
  };
  const sipPhone = (extension: string) => {
    const phone = sipPhones.get(extension) ?? startSipPhone(extension);
    sipPhones.set(extension, phone);
    return phone;
  };
  const startPhone = async (extension: string): Promise<TestPhone> => {
    const phone = await sipPhone(extension);
    return {
      extension,
      waitCall: async () => new LabCall(await phone.waitCall(), phone.tone),
      dial: async (number) => new LabCall(phone.dial(number), phone.tone),
      obeyCallControl: (on) => {
        phone.obeysCallControl = on;
      },
      obeyAutoAnswer: (on) => {
        phone.obeysAutoAnswer = on;
      },
      setBusy(on) {
        phone.policy = on ? (call) => void call.reject(486) : "ring";
      },
      setRegistered: (on) => (on ? phone.register() : phone.unregister()),
      get lines() {
        return phone.calls.length;
      },
    };
  };

  return {
    profile: "asterisk",
    ami: lab.ami,
    recordingsDirectory: lab.recordingsDirectory,
    recordsDirectory: lab.recordsDirectory,
    provider,
    sipPhone,
    phone(extension) {
      const phone = phones.get(extension) ?? startPhone(extension);
      phones.set(extension, phone);
      return phone;
    },
    clientCalls: async (call) => new LabCall(provider.call(call), provider.tone),
    waitAtClient: async (number) =>
      new LabCall(await provider.waitCall({ matching: (call) => call.calledNumber === number }), provider.tone),
    outsideRefuses(number, code) {
      if (code === null) provider.plan.delete(number);
      else provider.plan.set(number, (call) => void call.reject(code));
    },
    channels: async () => {
      const listed = await lab.asterisk.console("core show channels concise");
      return listed.split("\n").filter((line) => line !== "").length;
    },
    async hangUpAll() {
      const calls = agents.flatMap((agent) => agent.calls);
      for (const call of calls) call.hangup();
      await Promise.all(calls.map((call) => call.waitEnd()));
    },
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}

class LabCall implements TestCall {
  readonly #call: Call;
  /** What this receiver's microphone picks up. */
  readonly tone: number;

  constructor(call: Call, tone: number) {
    this.#call = call;
    this.tone = tone;
  }

  get shownNumber(): string {
    return this.#call.remoteNumber;
  }

  get shownName(): string {
    return this.#call.remoteName;
  }

  get isRinging(): boolean {
    return this.#call.state === "ringing";
  }

  get digits(): string {
    return this.#call.receivedDigits;
  }

  async answer(): Promise<void> {
    if (!this.#call.answer()) throw new Error(`${this.#call}: nothing to answer`);
  }

  async refuse(code?: 486 | 603): Promise<void> {
    if (!this.#call.reject(code)) throw new Error(`${this.#call}: nothing to refuse`);
  }

  async hangUp(): Promise<void> {
    this.#call.hangup();
  }

  hold(): Promise<void> {
    return this.#call.hold();
  }

  async untilTalking(): Promise<void> {
    await this.#call.waitState("talking");
  }

  async untilEnded(): Promise<void> {
    await this.#call.waitEnd();
  }

  async untilHears(other: TestCall): Promise<void> {
    if (!(other instanceof LabCall)) throw new Error("calls of two PBXs cannot hear each other");
    await this.#call.untilHears(other.tone);
  }

  async untilHearsNot(other: TestCall): Promise<void> {
    if (other instanceof LabCall) await this.#call.untilHearsNot(other.tone);
  }
}
