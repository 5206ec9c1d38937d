import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Address } from "./audio/rtp.ts";
import { type CallPolicy, SipAgent } from "./sip/agent.ts";
import type { Call } from "./sip/call.ts";
import type { HeaderFields } from "./sip/message.ts";

const REGISTRATION_SECONDS = 120;

/**
 * A desk phone: registered with the PBX as an extension; it rings, answers, refuses, holds, dials, presses keys and
 * transfers. It lives in the test's own process, and is ready some 15 ms after start().
 */
export class Phone extends SipAgent {
  readonly extension: string;
  /** What it does by itself with a call that comes in. */
  policy: CallPolicy = "ring";
  readonly #addressOfRecord: string;
  readonly #pbx: Address;
  readonly #registrationId = `${randomBytes(8).toString("hex")}@lab`;
  readonly #registrationTag = randomBytes(5).toString("hex");
  #cseq = 0;
  /** Somebody has registered it, and nobody has unregistered it since. */
  #isToBeRegistered = false;
  #refresh: NodeJS.Timeout | undefined;

  constructor(options: { readonly extension: string; readonly password: string; readonly pbx: Address }) {
    const { extension, password, pbx } = options;
    super({
      user: extension,
      label: extension,
      local: { host: "127.0.0.1", port: 0 },
      pbx,
      credentials: { user: extension, password },
      tone: 300 + (Number(extension) % 100) * 50, // 201: 350 Hz, 202: 400 Hz …, each told from the others
    });
    this.extension = extension;
    this.#pbx = pbx;
    this.#addressOfRecord = `sip:${extension}@${pbx.host}`;
  }

  /** Opens the phone and registers it. @throws when the PBX does not let it */
  override async start(): Promise<this> {
    await super.start();
    await this.register();
    return this;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.hangUpAll();
    // The PBX may be gone already: it is told good-bye, and not waited for.
    const farewell = this.#isToBeRegistered ? this.unregister().catch(() => undefined) : undefined;
    await Promise.race([farewell, pause(1000, undefined, { ref: false })]);
    await super[Symbol.asyncDispose]();
  }

  async register(): Promise<void> {
    this.#isToBeRegistered = true;
    await this.#renew();
  }

  async unregister(): Promise<void> {
    this.#isToBeRegistered = false;
    clearTimeout(this.#refresh);
    await this.#register(0);
  }

  /** Dials a number: an extension, a feature code, an outside number. */
  dial(number: string, headers: HeaderFields = {}): Call {
    return this.place({ number, from: { uri: this.#addressOfRecord, name: "" }, headers });
  }

  protected override policyFor(): CallPolicy {
    return this.policy;
  }

  /** At half its life a registration is renewed; while the PBX is away that is tried again and again, as phones do. */
  #renewLater(): void {
    clearTimeout(this.#refresh);
    if (!this.#isToBeRegistered) return; // meanwhile it was unregistered
    const renew = () => this.#renew().catch(() => this.#renewLater());
    this.#refresh = setTimeout(() => void renew(), (REGISTRATION_SECONDS * 1000) / 2).unref();
  }

  async #renew(): Promise<void> {
    await this.#register(REGISTRATION_SECONDS);
    this.#renewLater();
  }

  async #register(seconds: number): Promise<void> {
    const response = await this.transactions.request({
      method: "REGISTER",
      uri: `sip:${this.#pbx.host}:${this.#pbx.port}`,
      headers: {
        From: `<${this.#addressOfRecord}>;tag=${this.#registrationTag}`,
        To: `<${this.#addressOfRecord}>`,
        "Call-ID": this.#registrationId,
        Contact: `${this.contact};expires=${seconds}`,
        Expires: String(seconds),
      },
      cseq: ++this.#cseq,
    });
    this.#cseq = response.cseq.number;
    if (response.status !== 200) throw new Error(`${this.extension}: REGISTER was refused with ${response.status}`);
  }
}
