/**
 * Database servers of Debian's own packages as private instances: a directory, a port and a password of their own, on
 * loopback, gone with the test. Nothing of the machine's is touched; root lends them the rights of nobody.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { chmod, chown, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { freeTcpPort } from "../lab/ports.ts";

const READY_WITHIN_MS = 30_000;
const STOPS_WITHIN_MS = 10_000;
/** Debian's uid and gid of nobody: servers refuse to run as root. */
const NOBODY = { uid: 65534, gid: 65534 };

export interface DatabaseServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** An account that may do everything. */
  readonly user: string;
  readonly password: string;
  /** Ends it as its administrator would, does what is to be done meanwhile, and starts it on the same data and port. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
}

/** What the service needs at least. */
const OLDEST_POSTGRES = 15;

/** Folder of the newest PostgreSQL's programs, or undefined: Debian keeps them out of PATH, by version. */
function postgresPrograms(): string | undefined {
  const versions = globSync("/usr/lib/postgresql/*/bin/initdb").map((initdb) => Number(initdb.split("/").at(-3)));
  const newest = Math.max(...versions);
  return newest >= OLDEST_POSTGRES ? `/usr/lib/postgresql/${newest}/bin` : undefined;
}

const MARIADB = { server: "/usr/sbin/mariadbd", installer: "/usr/bin/mariadb-install-db" };

export function isPostgresInstalled(): boolean {
  return postgresPrograms() !== undefined;
}

export function isMariadbInstalled(): boolean {
  return existsSync(MARIADB.server) && existsSync(MARIADB.installer);
}

/**
 * @param tls PEM of its certificate and key; without it speaks no TLS
 * @throws with the last lines of its log when it does not start
 */
export async function startPostgres(tls?: { readonly cert: string; readonly key: string }): Promise<DatabaseServer> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error("PostgreSQL 15 or newer is not installed: apt install postgresql");
  return PrivateServer.start("postgres", async (directory, port, password) => {
    const secret = join(directory, "password");
    await writeFile(secret, password);
    await chmod(secret, 0o644);
    const data = join(directory, "data");
    const options = ["--auth=scram-sha-256", "--username=lab", `--pwfile=${secret}`, "--no-sync", "--encoding=UTF8"];
    await run(join(programs, "initdb"), ["-D", data, "--locale=C", ...options]);
    const settings = [
      "listen_addresses=127.0.0.1",
      `port=${port}`,
      `unix_socket_directories=${directory}`,
      // It lives as long as a test: nothing must survive a power cut, and little memory is enough.
      "fsync=off",
      "shared_buffers=16MB",
      "autovacuum=off",
    ];
    if (tls !== undefined) {
      settings.push("ssl=on", `ssl_cert_file=${await own(join(directory, "cert.pem"), tls.cert)}`);
      settings.push(`ssl_key_file=${await own(join(directory, "key.pem"), tls.key)}`);
    }
    return [join(programs, "postgres"), "-D", data, ...settings.flatMap((each) => ["-c", each])];
  });
}

/** Of the database that each PostgreSQL server begins with. */
export function postgresUrl({ host, port, user, password }: DatabaseServer): string {
  return `postgres://${user}:${password}@${host}:${port}/postgres`;
}

/** @throws with the last lines of its log when it does not start */
export async function startMariadb(): Promise<DatabaseServer> {
  if (!isMariadbInstalled()) throw new Error("MariaDB is not installed: apt install mariadb-server-core");
  return PrivateServer.start("mariadb", async (directory, port, password) => {
    const data = join(directory, "data");
    await run(MARIADB.installer, ["--no-defaults", `--datadir=${data}`, "--skip-test-db", "--skip-name-resolve"]);
    const beginning = join(directory, "begin.sql");
    // One statement a line.
    const account = "lab@127.0.0.1";
    await writeFile(
      beginning,
      `create user ${account} identified by '${password}';\ngrant all on *.* to ${account} with grant option;\n`,
    );
    await chmod(beginning, 0o644);
    return [
      MARIADB.server,
      "--no-defaults",
      `--datadir=${data}`,
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      `--socket=${join(directory, "socket")}`,
      `--pid-file=${join(directory, "pid")}`,
      `--init-file=${beginning}`,
      "--skip-name-resolve",
      "--innodb-flush-log-at-trx-commit=0",
    ];
  });
}

class PrivateServer implements DatabaseServer {
  readonly host = "127.0.0.1";
  readonly user = "lab";
  readonly port: number;
  readonly password: string;
  readonly #directory: string;
  readonly #command: readonly string[];
  #process: ChildProcess | undefined;
  readonly #killWithUs = () => void this.#process?.kill("SIGKILL");

  private constructor(directory: string, port: number, password: string, command: readonly string[]) {
    this.#directory = directory;
    this.port = port;
    this.password = password;
    this.#command = command;
    globalThis.process.once("exit", this.#killWithUs);
  }

  /** @param prepare makes its data, and says how it is started */
  static async start(
    name: string,
    prepare: (directory: string, port: number, password: string) => Promise<readonly string[]>,
  ): Promise<PrivateServer> {
    const directory = await mkdtemp(join(tmpdir(), `kommutator-${name}-`));
    if (isRoot()) await chown(directory, NOBODY.uid, NOBODY.gid);
    const port = await freeTcpPort();
    const password = randomBytes(12).toString("hex");
    try {
      const server = new PrivateServer(directory, port, password, await prepare(directory, port, password));
      try {
        await server.#run();
      } catch (error) {
        await server.#stop();
        throw error;
      }
      return server;
    } catch (error) {
      const log = await readFile(join(directory, "log"), "utf8").catch(() => ""); // it may not have come so far
      await rm(directory, { recursive: true, force: true });
      throw new Error(`${name} did not start\n${log.split("\n").slice(-20).join("\n")}`, { cause: error });
    }
  }

  async restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.#stop();
    await meanwhile();
    await this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    globalThis.process.off("exit", this.#killWithUs);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #run(): Promise<void> {
    await using log = await open(join(this.#directory, "log"), "w");
    // setpriv ends it with this process, however that dies
    const command = ["--pdeathsig", "KILL", ...asNobody(), ...this.#command];
    this.#process = spawn("setpriv", command, { stdio: ["ignore", log.fd, log.fd], cwd: this.#directory });
    await this.#untilReady(this.#process);
  }

  async #untilReady(process: ChildProcess): Promise<void> {
    for (const end = Date.now() + READY_WITHIN_MS; !(await this.#isReady()); await pause(50)) {
      if (process.exitCode !== null) throw new Error(`it ended with code ${process.exitCode}`);
      if (Date.now() > end) throw new Error(`it does not serve after ${READY_WITHIN_MS} ms`);
    }
  }

  /** PostgreSQL listens while it still starts up, and turns everybody away: both servers say in their log when they serve. */
  async #isReady(): Promise<boolean> {
    const log = await readFile(join(this.#directory, "log"), "utf8");
    return /ready (to accept|for) connections/.test(log) && (await isOpen(this.port));
  }

  async #stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, "exit");
    process.kill("SIGINT"); // PostgreSQL's "fast"; MariaDB ends by it as by SIGTERM
    process.kill("SIGTERM");
    const kill = setTimeout(() => process.kill("SIGKILL"), STOPS_WITHIN_MS);
    await ended;
    clearTimeout(kill);
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A file that only the server may read. @returns its name */
async function own(file: string, text: string): Promise<string> {
  await writeFile(file, text, { mode: 0o600 });
  if (isRoot()) await chown(file, NOBODY.uid, NOBODY.gid);
  return file;
}

function asNobody(): string[] {
  return isRoot() ? [`--reuid=${NOBODY.uid}`, `--regid=${NOBODY.gid}`, "--clear-groups"] : [];
}

async function run(program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)("setpriv", [...asNobody(), program, ...args], { cwd: tmpdir() });
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
