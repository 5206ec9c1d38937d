import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Company, PRACTICE_COMPANY } from "../company.ts";
import { type PbxEmulator, type PbxOptions, type PbxState, startPbx } from "../pbx.ts";
import { AmiClient } from "./ami-client.ts";

export const CLIENT = "79001234567";
export const SECOND_CLIENT = "79007654321";
export const DID = "74950003344";
export const QUEUE_DID = "74950003345";

/** The practice company with ring times that a test can wait for. */
export function quickCompany(ringSeconds: number): Company {
  return {
    ...PRACTICE_COMPANY,
    dids: {
      ...PRACTICE_COMPANY.dids,
      [DID]: {
        kind: "steps",
        steps: [
          { to: "201", seconds: ringSeconds },
          { to: "202", seconds: ringSeconds },
        ],
      },
    },
  };
}

/** An emulator with one AMI login, and shorter words for what tests do most. */
export class Stand implements AsyncDisposable {
  readonly pbx: PbxEmulator;
  readonly ami: AmiClient;
  readonly monitorDir: string;

  private constructor(pbx: PbxEmulator, ami: AmiClient, monitorDir: string) {
    this.pbx = pbx;
    this.ami = ami;
    this.monitorDir = monitorDir;
  }

  static async start(options: Partial<PbxOptions> = {}): Promise<Stand> {
    const monitorDir = mkdtempSync(join(tmpdir(), "practice-pbx-"));
    const pbx = await startPbx({ style: "mikopbx", httpPort: null, pace: 0.05, monitorDir, ...options });
    return new Stand(pbx, await AmiClient.login(pbx.amiPort), monitorDir);
  }

  /** Waits until a phone shows a call in that state, and returns the name of its channel. */
  async shows(extension: string, state: string): Promise<string> {
    const find = (seen: PbxState) =>
      seen.phones.find((phone) => phone.extension === extension)?.calls.find((call) => call.state === state);
    const seen = await this.pbx.waitFor((now) => find(now) !== undefined);
    return find(seen)?.channel ?? "";
  }

  /** Waits until a client outside is in that state, and returns the call's id. */
  async outside(state: string, direction: "in" | "out" = "in"): Promise<string> {
    const find = (seen: PbxState) => seen.outside.find((call) => call.state === state && call.direction === direction);
    const seen = await this.pbx.waitFor((now) => find(now) !== undefined);
    return find(seen)?.id ?? "";
  }

  trunkOf(id: string): string {
    return this.pbx.state.outside.find((call) => call.id === id)?.channel ?? "";
  }

  /** A client calls, 201 answers, and the Local pair is out of the talk. */
  async talk(did = DID, extension = "201"): Promise<{ id: string; trunk: string; employee: string }> {
    const id = this.pbx.clientCalls({ from: CLIENT, did });
    const employee = await this.shows(extension, "ringing");
    const from = this.ami.packets.length;
    this.pbx.phone(extension).answer();
    await this.outside("talking");
    await this.ami.packet(
      (packet) => packet.get("Event") === "Hangup" && packet.get("Channel")?.endsWith(";2") === true,
      from,
    );
    return { id, trunk: this.trunkOf(id), employee };
  }

  /** Nothing goes on any more, and AMI has said so. */
  async idle(): Promise<void> {
    await this.pbx.waitFor((state) => state.channels === 0);
    const born = this.ami.packets.filter((packet) => packet.get("Event") === "Newchannel").length;
    await this.ami.until(() => this.ami.packets.filter((packet) => packet.get("Event") === "Hangup").length === born);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ami[Symbol.dispose]();
    await this.pbx[Symbol.asyncDispose]();
    rmSync(this.monitorDir, { recursive: true, force: true });
  }
}

/** Click-to-call the MikoPBX way. */
export function clickToCall(
  extension: string,
  number: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    Action: "Originate",
    Channel: `Local/${extension}@internal-originate`,
    Context: "all_peers",
    Exten: number,
    Priority: "1",
    Timeout: "45000",
    Async: "true",
    Variable: `pt1c_cid=${number}`,
    ChannelId: "c2c-1",
    OtherChannelId: "c2c-2",
    ...more,
  };
}
