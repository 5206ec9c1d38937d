/** The service as its own process, from its own command line: it can be killed as a power cut would. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Listeners } from "../../src/lib/listeners.ts";

const CLI = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const START_MS = 60_000;
const STOP_MS = 15_000;

export interface ServiceProcessOptions {
  /** Another program that serves; it is given the same arguments, and may be told things over Node's own channel. */
  readonly program?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export class ServiceProcess implements AsyncDisposable {
  readonly #configFile: string;
  readonly #options: ServiceProcessOptions;
  #process: ChildProcess | undefined;
  /** Told its exit code when it ends without kill() or stop(); null when a signal ended it. */
  readonly died = new Listeners<number | null>();
  /** All that it wrote, over all its lives. */
  output = "";

  /** @param configFile the settings, as a person writes them */
  constructor(configFile: string, options: ServiceProcessOptions = {}) {
    this.#configFile = configFile;
    this.#options = options;
  }

  /** For measuring; undefined when it does not run. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** What another program understands; it is lost when none runs. */
  tell(message: object): void {
    if (this.#process?.connected) this.#process.send(message);
  }

  /** Resolves when it says that it is ready. @throws with its output when it does not */
  async start(): Promise<void> {
    const { program = CLI, environment } = this.#options;
    const child = spawn(process.execPath, [program, "serve", "--config", this.#configFile], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // What is set for the tests would be refused as settings that nobody knows.
      env: { PATH: process.env["PATH"], ...environment },
    });
    this.#process = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const life = this.output.length;
    const timer = setTimeout(() => reject(new Error(`the service was not ready in time:\n${this.output}`)), START_MS);
    const hear = (chunk: string) => {
      this.output += chunk;
      if (/ ready url=/.test(this.output.slice(life))) resolve();
    };
    child.stdout?.setEncoding("utf8").on("data", hear);
    child.stderr?.setEncoding("utf8").on("data", hear);
    child.once("exit", (code) => {
      reject(new Error(`the service ended with ${code}:\n${this.output}`));
      if (this.#process === child) this.died.tell(code);
    });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** As a power cut does: no farewell, nothing flushed. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#process = undefined;
    const gone = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(timer);
  }
}
