/** The test lab's real Asterisk and SIP phones, as a `TestPbx`. */
import { type LabOptions, startLab } from "../lab/lab.ts";
import type { SipAgent } from "../lab/sip/agent.ts";
import type { Call } from "../lab/sip/call.ts";
import type { TestCall, TestPbx, TestPhone } from "./pbx.ts";

export async function startAsteriskPbx(options: LabOptions = {}): Promise<TestPbx> {
  const lab = await startLab(options);
  const provider = await lab.provider().start();
  const phones = new Map<string, Promise<TestPhone>>();
  const agents: SipAgent[] = [provider];

  const startPhone = async (extension: string): Promise<TestPhone> => {
    const phone = await lab.phone(extension).start();
    agents.push(phone);
    return {
      extension,
      waitCall: async () => new LabCall(await phone.waitCall(), phone.tone),
      dial: async (number) => new LabCall(phone.dial(number), phone.tone),
      get lines() {
        return phone.calls.length;
      },
    };
  };

  return {
    profile: "asterisk",
    ami: lab.ami,
    recordingsDirectory: lab.recordingsDirectory,
    phone(extension) {
      const phone = phones.get(extension) ?? startPhone(extension);
      phones.set(extension, phone);
      return phone;
    },
    clientCalls: async (call) => new LabCall(provider.call(call), provider.tone),
    waitAtClient: async (number) =>
      new LabCall(await provider.waitCall({ matching: (call) => call.calledNumber === number }), provider.tone),
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

  async answer(): Promise<void> {
    if (!this.#call.answer()) throw new Error(`${this.#call}: nothing to answer`);
  }

  async refuse(): Promise<void> {
    if (!this.#call.reject()) throw new Error(`${this.#call}: nothing to refuse`);
  }

  async hangUp(): Promise<void> {
    this.#call.hangup();
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
}
