/** One private Asterisk as a process: where its tree is, how it starts, when it is ready, how it ends. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const home =
  process.env["KOMMUTATOR_LAB"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kommutator/asterisk");
const tree = join(home, "tree");
const templates = join(import.meta.dirname, "etc");
const READY_WITHIN_MS = 20_000;
const STOPS_WITHIN_MS = 3000;

/** Whether `test/lab/install.sh` has made an Asterisk ready. */
export function isAsteriskInstalled(): boolean {
  return existsSync(join(home, "stamp"));
}

/** The account with which the AMI is asked whether Asterisk takes calls. */
export interface AmiAccount {
  readonly port: number;
  readonly username: string;
  readonly secret: string;
}

/** An Asterisk that runs until it is disposed of. */
export class Asterisk implements AsyncDisposable {
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #killWithUs = () => void this.#process.kill("SIGKILL");

  private constructor(directory: string, process: ChildProcess) {
    this.#directory = directory;
    this.#process = process;
    this.#ended = once(process, "exit");
    globalThis.process.once("exit", this.#killWithUs);
  }

  /**
   * Fills the templates of etc/ in, starts Asterisk in `directory`, and resolves when it takes calls.
   * @param settings the values of the `@NAME@` places
   * @param ownTemplates files that stand in for those of the same name in etc/, by name
   * @throws with the last lines of its log when it ends or does not get ready
   */
  static async start(
    directory: string,
    settings: ReadonlyMap<string, string>,
    ami: AmiAccount,
    ownTemplates: Readonly<Record<string, string>> = {},
  ): Promise<Asterisk> {
    if (!isAsteriskInstalled()) throw new Error("Asterisk is not installed for the lab: run test/lab/install.sh");
    for (const folder of ["etc", "lib/keys", "log/cdr-csv", "log/cdr-custom", "log/cel-custom", "spool/tmp"]) {
      await mkdir(join(directory, folder), { recursive: true });
    }
    const values = new Map([...settings, ["RUN", directory], ["TREE", tree], ["MODULES", modulesDirectory()]]);
    for (const file of await readdir(templates)) {
      const template = ownTemplates[file] ?? (await readFile(join(templates, file), "utf8"));
      await writeFile(join(directory, "etc", file), fill(template, values));
    }
    await using output = await open(join(directory, "log/stdout"), "w");
    // setpriv ends Asterisk with this process, however that dies
    const command = ["--pdeathsig", "KILL", ...asteriskCommand(directory), "-f", "-n"];
    const child = spawn("setpriv", command, { stdio: ["ignore", output.fd, output.fd] });
    const asterisk = new Asterisk(directory, child);
    try {
      await asterisk.#untilReady(ami);
    } catch (error) {
      const log = await asterisk.#lastLines();
      await asterisk[Symbol.asyncDispose]();
      throw new Error(`Asterisk did not start: ${error instanceof Error ? error.message : error}\n${log}`);
    }
    return asterisk;
  }

  /** For measuring. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** What the console says to a command, such as "core show channels concise". */
  async console(command: string): Promise<string> {
    const [program = "", ...args] = [...asteriskCommand(this.#directory), "-rx", command];
    return (await promisify(execFile)(program, args)).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    globalThis.process.off("exit", this.#killWithUs);
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGTERM");
    const kill = setTimeout(this.#killWithUs, STOPS_WITHIN_MS);
    await this.#ended;
    clearTimeout(kill);
  }

  async #untilReady(ami: AmiAccount): Promise<void> {
    for (const end = Date.now() + READY_WITHIN_MS; !(await isFullyBooted(ami)); await pause(50)) {
      if (this.#process.exitCode !== null) throw new Error(`it ended with code ${this.#process.exitCode}`);
      if (Date.now() > end) throw new Error(`its AMI did not answer within ${READY_WITHIN_MS} ms`);
    }
  }

  async #lastLines(): Promise<string> {
    const files = ["stdout", "messages.log"].map((name) => join(this.#directory, "log", name)).filter(existsSync);
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
    return texts.flatMap((text) => text.trimEnd().split("\n").slice(-20)).join("\n");
  }
}

/** The tree brings its own C library, so its own loader starts it. */
function asteriskCommand(directory: string): string[] {
  const [loader = ""] = globSync(join(tree, "usr/lib/*/ld-linux*.so.*"));
  const program = join(tree, "usr/sbin/asterisk");
  return [loader, "--library-path", dirname(loader), program, "-C", join(directory, "etc/asterisk.conf")];
}

function modulesDirectory(): string {
  const [directory = ""] = globSync(join(tree, "usr/lib/*/asterisk/modules"));
  return directory;
}

function fill(template: string, values: ReadonlyMap<string, string>): string {
  return template.replace(/@([A-Z_]+)@/g, (place, name) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`no value for ${place}`);
    return value;
  });
}

/** FullyBooted follows the login as soon as Asterisk takes calls. Anything else on that port is not our Asterisk. */
function isFullyBooted({ port, username, secret }: AmiAccount): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1");
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("error", () => undefined); // not listening yet; "close" follows
    socket.on("close", () => resolve(text.includes("Event: FullyBooted")));
    socket.on("connect", () => {
      socket.write(`Action: Login\r\nUsername: ${username}\r\nSecret: ${secret}\r\nEvents: system\r\n\r\n`);
    });
    socket.on("data", (chunk) => {
      text += chunk;
      if (/Event: FullyBooted|Response: Error/.test(text)) socket.destroy();
    });
  });
}
