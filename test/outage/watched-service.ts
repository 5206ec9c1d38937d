/** The service with a store of its own, seen from outside: what is in its journal, and what it says of itself. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import type { Call } from "../../src/calls/call.ts";
import type { CdrVerdict } from "../../src/cdr/cdr-check.ts";
import { freeTcpPort } from "../lab/ports.ts";
import type { TestPbx } from "../stage/pbx.ts";
import { ServiceProcess } from "../stage/service.ts";

export class WatchedService implements AsyncDisposable {
  readonly name: string;
  readonly #process: ServiceProcess;
  readonly #store: string;
  readonly #url: string;
  readonly #directory: string;

  private constructor(name: string, process: ServiceProcess, directory: string, store: string, url: string) {
    this.name = name;
    this.#process = process;
    this.#directory = directory;
    this.#store = store;
    this.#url = url;
  }

  /** Not started yet. @param records `pbx[].records` of its settings; its CRM is not there, and what it should be told waits */
  static async prepare(name: string, pbx: TestPbx, records: object): Promise<WatchedService> {
    const directory = await mkdtemp(join(tmpdir(), "kommutator-outage-"));
    const port = await freeTcpPort();
    const url = `http://127.0.0.1:${port}`;
    const store = join(directory, "kommutator.db");
    const config = join(directory, "kommutator.yaml");
    const account = {
      amocrm: { host: "crm.invalid", baseUrl: "http://127.0.0.1:1", clientId: "none", clientSecret: "none" },
      employees: [{ name: "Все", extensions: ["201", "202", "203"] }],
      lines: [{ did: "74950003344" }, { did: "74950003345" }],
    };
    const { profile, ami, recordingsDirectory } = pbx;
    const recordings = { localDirectory: recordingsDirectory, pbxDirectory: recordingsDirectory };
    const settings = {
      http: { host: "127.0.0.1", port, publicUrl: url },
      store: { path: store },
      log: { level: "debug" },
      accounts: [account],
      pbx: [{ profile, ami, recordings, records }],
    };
    await writeFile(config, stringify(settings));
    return new WatchedService(name, new ServiceProcess(config), directory, store, url);
  }

  /** Resolves when it sees the PBX and reads its records. */
  async start(): Promise<void> {
    const before = this.#process.output.length;
    await this.#process.start();
    await this.until("it sees the PBX and its records", () => {
      const said = this.#process.output.slice(before);
      return said.includes("the PBX is in sight") && said.includes("the PBX's call records are read");
    });
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  get output(): string {
    return this.#process.output;
  }

  /** Calls of their own that have ended, by when they began. */
  calls(): Call[] {
    return this.#select<{ body: string }>("select body from call where ended_at is not null order by started_at")
      .map(({ body }) => JSON.parse(body) as Call)
      .filter(({ mergedInto }) => mergedInto === null);
  }

  /** Calls that live, as it says itself. */
  async callsLive(): Promise<number> {
    const figures = await (await fetch(`${this.#url}/metrics`)).text();
    return Number(/kommutator_calls_live\{[^}]*\} (\d+)/.exec(figures)?.[1] ?? 0);
  }

  verdicts(): Map<string, CdrVerdict> {
    const rows = this.#select<{ call_id: string; verdict: CdrVerdict }>("select call_id, verdict from cdr_check");
    return new Map(rows.map(({ call_id: call, verdict }) => [call, verdict]));
  }

  /** What the differing ones differ in. */
  differences(): string[] {
    return this.#select<{ differences: string }>("select differences from cdr_check where verdict = 'differs'").map(
      ({ differences }) => differences,
    );
  }

  /** Calls whose sound is here as an mp3, and whose link is among what the CRM is to be told. */
  linkedRecordings(): ReadonlySet<string> {
    const rows = this.#select<{ call_id: string }>(`
      select recording.call_id from recording
       where recording.state = 'ready'
         and exists (select 1 from outbox where outbox.call_id = recording.call_id
                                            and outbox.intent like '%"recordingUrl":"http%')`);
    return new Set(rows.map(({ call_id: call }) => call));
  }

  /** Things that the CRM is to be told twice. */
  toldTwice(): string[] {
    const rows = this.#select<{ told: string }>(`
      select call_id || ' ' || coalesce(json_extract(intent, '$.kind'), reason) as told from outbox
       where call_id is not null group by told having count(*) > 1`);
    return rows.map(({ told }) => told);
  }

  /** @throws with what it wrote */
  async until(what: string, fact: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    for (const end = Date.now() + withinMs; !(await fact()); await pause(100)) {
      if (Date.now() > end)
        throw new Error(`${this.name}: not within ${withinMs} ms: ${what}\n${this.#process.output}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #select<Row>(sql: string): Row[] {
    const file = new DatabaseSync(this.#store, { readOnly: true, timeout: 5_000 });
    try {
      return file.prepare(sql).all() as Row[]; // the columns stand in the statement
    } finally {
      file.close();
    }
  }
}
