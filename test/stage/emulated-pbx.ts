/** The PBX emulator, as a `TestPbx`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PbxEmulator, type PbxOptions, type PbxState, startPbx } from "../../emulators/pbx/pbx.ts";
import type { TestCall, TestPbx, TestPhone } from "./pbx.ts";

export interface EmulatedPbx extends TestPbx {
  /** Its own controls, for what a real PBX does not do on request. */
  readonly emulator: PbxEmulator;
}

export async function startEmulatedPbx(options: Partial<PbxOptions> = {}): Promise<EmulatedPbx> {
  const recordingsDirectory = await mkdtemp(join(tmpdir(), "kommutator-emulated-"));
  const emulator = await startPbx({ style: "mikopbx", monitorDir: recordingsDirectory, httpPort: null, ...options });
  const [user] = emulator.users;
  if (user === undefined) throw new Error("the emulator has no AMI user");
  const phones = new Map<string, TestPhone>();

  /** Calls that somebody has waited for already are not given twice. */
  const taken = new Set<string>();
  const firstNew = async (idOf: (state: PbxState) => string[]): Promise<string> => {
    const fresh = (state: PbxState) => idOf(state).find((id) => !taken.has(id));
    const id = fresh(await emulator.waitFor((state) => fresh(state) !== undefined));
    if (id === undefined) throw new Error("the call was gone at once");
    taken.add(id);
    return id;
  };

  return {
    profile: emulator.style === "mikopbx" ? "mikopbx" : "asterisk",
    ami: { host: "127.0.0.1", port: emulator.amiPort, username: user.username, secret: user.secret },
    recordingsDirectory,
    emulator,
    async phone(extension) {
      const phone = phones.get(extension) ?? {
        extension,
        waitCall: async () =>
          new PhoneCall(emulator, extension, await firstNew((state) => ringingAt(state, extension))),
        dial: async (number) => {
          const { id } = emulator.phone(extension).dial(number);
          taken.add(id);
          return new PhoneCall(emulator, extension, id);
        },
        obeyCallControl: (on) => emulator.phone(extension).setObeysCallControl(on),
        obeyAutoAnswer: (on) => emulator.phone(extension).setObeysAutoAnswer(on),
        setBusy: (on) => emulator.phone(extension).setDoNotDisturb(on),
        setRegistered: async (on) => emulator.phone(extension).setRegistered(on),
        get lines() {
          return emulator.phone(extension).view.calls.length;
        },
      };
      phones.set(extension, phone);
      return phone;
    },
    clientCalls: async (call) => new ClientCall(emulator, emulator.clientCalls(call)),
    waitAtClient: async (number) =>
      new ClientCall(
        emulator,
        await firstNew(({ outside }) =>
          outside
            .filter((call) => call.direction === "out" && call.number === number && call.state !== "ended")
            .map(({ id }) => id),
        ),
      ),
    outsideRefuses: (number, code) => emulator.planNumber(number, code === null ? null : { rejectAfterMs: 0, code }),
    channels: async () => emulator.state.channels,
    async hangUpAll() {
      for (const { id, state } of emulator.state.outside) if (state !== "ended") emulator.clientHangsUp(id);
      for (const { extension, calls } of emulator.state.phones) {
        for (const { id } of calls)
          if (emulator.phone(extension).view.calls.some((call) => call.id === id)) emulator.phone(extension).hangup(id);
      }
      await emulator.waitFor(({ channels }) => channels === 0);
    },
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]();
      await rm(recordingsDirectory, { recursive: true, force: true });
    },
  };
}

function ringingAt({ phones }: PbxState, extension: string): string[] {
  const calls = phones.find((phone) => phone.extension === extension)?.calls ?? [];
  return calls.filter(({ state }) => state === "ringing").map(({ id }) => id);
}

class PhoneCall implements TestCall {
  readonly #pbx: PbxEmulator;
  readonly #extension: string;
  readonly #id: string;
  #shown = "";

  constructor(pbx: PbxEmulator, extension: string, id: string) {
    this.#pbx = pbx;
    this.#extension = extension;
    this.#id = id;
  }

  get shownName(): string {
    return this.#view(this.#pbx.state)?.name ?? "";
  }

  get isRinging(): boolean {
    return this.#view(this.#pbx.state)?.state === "ringing";
  }

  get digits(): string {
    throw new Error("the emulator's desk phones hear no tones");
  }

  get shownNumber(): string {
    this.#shown = this.#view(this.#pbx.state)?.number ?? this.#shown;
    return this.#shown;
  }

  async answer(): Promise<void> {
    this.#pbx.phone(this.#extension).answer(this.#id);
  }

  async refuse(code: 486 | 603 = 486): Promise<void> {
    this.#pbx.phone(this.#extension).reject(this.#id, code);
  }

  async hangUp(): Promise<void> {
    this.#pbx.phone(this.#extension).hangup(this.#id);
  }

  async hold(): Promise<void> {
    this.#pbx.phone(this.#extension).hold(this.#id);
  }

  async untilTalking(): Promise<void> {
    await this.#pbx.waitFor((state) => this.#view(state)?.state === "talking");
  }

  async untilEnded(): Promise<void> {
    await this.#pbx.waitFor((state) => this.#view(state) === undefined);
  }

  /** No sound is made here; that both are in a talk is all that can be heard. */
  async untilHears(other: TestCall): Promise<void> {
    await Promise.all([this.untilTalking(), other.untilTalking()]);
  }

  async untilHearsNot(): Promise<void> {
    await this.#pbx.waitFor((state) => this.#view(state)?.state !== "talking");
  }

  #view({ phones }: PbxState) {
    return phones.find(({ extension }) => extension === this.#extension)?.calls.find(({ id }) => id === this.#id);
  }
}

class ClientCall implements TestCall {
  readonly #pbx: PbxEmulator;
  readonly #id: string;

  constructor(pbx: PbxEmulator, id: string) {
    this.#pbx = pbx;
    this.#id = id;
  }

  get shownNumber(): string {
    return this.#view(this.#pbx.state)?.shown ?? "";
  }

  get shownName(): string {
    throw new Error("what a client's display shows is the provider's affair");
  }

  get isRinging(): boolean {
    return this.#view(this.#pbx.state)?.state === "ringing";
  }

  get digits(): string {
    return this.#view(this.#pbx.state)?.digits ?? "";
  }

  async answer(): Promise<void> {
    this.#pbx.clientAnswers(this.#id);
  }

  async refuse(code: 486 | 603 = 486): Promise<void> {
    this.#pbx.clientRejects(this.#id, code);
  }

  async hangUp(): Promise<void> {
    this.#pbx.clientHangsUp(this.#id);
  }

  async hold(): Promise<void> {
    throw new Error("the emulator's clients hold nobody");
  }

  async untilTalking(): Promise<void> {
    await this.#pbx.waitFor((state) => this.#view(state)?.state === "talking");
  }

  async untilEnded(): Promise<void> {
    await this.#pbx.waitFor((state) => (this.#view(state)?.state ?? "ended") === "ended");
  }

  async untilHears(other: TestCall): Promise<void> {
    await Promise.all([this.untilTalking(), other.untilTalking()]);
  }

  async untilHearsNot(): Promise<void> {
    await this.#pbx.waitFor((state) => this.#view(state)?.state !== "talking");
  }

  #view({ outside }: PbxState) {
    return outside.find(({ id }) => id === this.#id);
  }
}
