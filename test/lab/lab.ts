/**
 * The test lab: a real Asterisk 22 with a small company on it, and phones and a telephone company to call with, all on
 * loopback. Several labs run side by side.
 *
 *   await using lab = await startLab();
 *   const desk = await lab.phone("201").start();
 *   const provider = await lab.provider().start();
 *   const client = provider.call({ from: "79001234567", did: "74950003344" });
 *   const call = await desk.waitCall();
 *   call.answer();
 *   await client.untilHears(desk.tone);
 *
 * The company (etc/extensions.conf, with MikoPBX's context names): extensions 201–206 are for these phones, 207 and 208
 * for WebRTC. DIDs 74950003344 → 201, then 202; …345 → queue of 201, 202, 203; …346 → 201, 203, 204 at once; …347 → 201
 * and an announcement after the talk; …348 → conference; …349 → 201, then the voicemail. Inside 2200 ring group, 2210 queue, 2300 conference, 700
 * parking, *8 pickup, *43 echo. In a talk *2 attended and ## blind transfer, *0 hangs up.
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AmiAccount, Asterisk } from "./asterisk.ts";
import type { Address } from "./audio/rtp.ts";
import { Phone } from "./phone.ts";
import { freeTcpPort, freeUdpPort } from "./ports.ts";
import { Provider } from "./provider.ts";

export interface LabOptions {
  /** "local": routes ring phones through Local channels, as MikoPBX does (default); "direct": without. */
  readonly routes?: "local" | "direct";
  /** How long the steps of a route ring. Defaults 20, 20, 30 and 45 s. */
  readonly ringSeconds?: {
    readonly first?: number;
    readonly second?: number;
    readonly group?: number;
    readonly outbound?: number;
  };
  /** How long the target of an attended transfer rings until the client is given back. Default 10 s (MikoPBX: 45). */
  readonly consultationRingSeconds?: number;
  /** What a call meets that nobody takes. Default "hangup". */
  readonly noAnswer?: "hangup" | "voicemail";
  /** Where recordings are written, as YYYY/MM/DD/HH/<uniqueid>.wav. Default: a directory that ends with the lab. */
  readonly recordingsDirectory?: string;
  /** Other files than those of etc/, by name; with the same `@NAME@` places, and such as `values` fills. */
  readonly templates?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, string | number>>;
}

const PROVIDER_HOST = "127.0.0.2"; // the trunk is known by its address
const USERNAME = "kommutator";

/** Starts an Asterisk of its own, in some 0.5 s. @throws when it does not start, with the end of its log */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), "kommutator-lab-"));
  try {
    const recordingsDirectory = options.recordingsDirectory ?? join(directory, "recordings");
    await mkdir(recordingsDirectory, { recursive: true });
    const ports = {
      ami: await freeTcpPort(),
      http: await freeTcpPort(),
      sip: await freeUdpPort("127.0.0.1"),
      provider: await freeUdpPort(PROVIDER_HOST),
    };
    // A secret of this lab alone: a login tells this Asterisk from any other.
    const ami: AmiAccount = { port: ports.ami, username: USERNAME, secret: randomBytes(12).toString("hex") };
    const { first = 20, second = 20, group = 30, outbound = 45 } = options.ringSeconds ?? {};
    const settings = new Map(
      Object.entries({
        AMI_PORT: ports.ami,
        HTTP_PORT: ports.http,
        SIP_PORT: ports.sip,
        PROVIDER_PORT: ports.provider,
        SECRET: ami.secret,
        RECORDINGS: recordingsDirectory,
        ROUTE_STYLE: options.routes ?? "local",
        RING_FIRST: first,
        RING_SECOND: second,
        RING_GROUP: group,
        RING_OUTBOUND: outbound,
        CONSULTATION_RING: options.consultationRingSeconds ?? 10,
        NOANSWER: options.noAnswer ?? "hangup",
        ...options.values,
      }).map(([name, value]) => [name, String(value)] as const),
    );
    const asterisk = await Asterisk.start(directory, settings, ami, options.templates);
    return new Lab(directory, asterisk, ports, ami, recordingsDirectory);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** A lab that runs until it is disposed of, with all its phones. */
export class Lab implements AsyncDisposable {
  readonly asterisk: Asterisk;
  /** Where the AMI listens, and an account that may do everything. */
  readonly ami: AmiAccount & { readonly host: string };
  /** An account with the same secret that may look and not touch. */
  readonly readOnlyUsername = "kommutator-ro";
  /** Where phones register (SIP over UDP), each with its extension and `lab-sip-<extension>`. */
  readonly pbx: Address;
  /** HTTP, WebSocket (`/ws`, for WebRTC phones) and ARI. */
  readonly httpPort: number;
  readonly recordingsDirectory: string;
  /** Where Asterisk writes its call records: `cdr-csv/Master.csv`, and `master.db` with the table `cdr`. */
  readonly recordsDirectory: string;
  readonly #directory: string;
  /** Where the PBX looks for the far side of its trunk. */
  readonly trunk: Address;
  readonly #agents: AsyncDisposable[] = [];

  constructor(
    directory: string,
    asterisk: Asterisk,
    ports: { readonly http: number; readonly sip: number; readonly provider: number },
    ami: AmiAccount,
    recordingsDirectory: string,
  ) {
    this.#directory = directory;
    this.asterisk = asterisk;
    this.httpPort = ports.http;
    this.pbx = { host: "127.0.0.1", port: ports.sip };
    this.trunk = { host: PROVIDER_HOST, port: ports.provider };
    this.ami = { host: "127.0.0.1", ...ami };
    this.recordingsDirectory = recordingsDirectory;
    this.recordsDirectory = join(directory, "log");
  }

  /** The phone of an extension, still to be started. */
  phone(extension: string): Phone {
    return this.#keep(new Phone({ extension, password: `lab-sip-${extension}`, pbx: this.pbx }));
  }

  /** The far side of the trunk, still to be started; a lab has one. */
  provider(): Provider {
    return this.#keep(new Provider({ local: this.trunk, pbx: this.pbx }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent[Symbol.asyncDispose]()));
    await this.asterisk[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #keep<Agent extends AsyncDisposable>(agent: Agent): Agent {
    this.#agents.push(agent);
    return agent;
  }
}
