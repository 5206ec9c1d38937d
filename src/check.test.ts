/** `check` tells of each thing that the settings name, in one sentence, what is well or what to do; it changes nothing. */

import { once } from "node:events";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startPbx } from "../emulators/pbx/pbx.ts";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { check } from "./check.ts";
import { parseConfig } from "./config/config.ts";

const READ = ["call", "reporting", "agent", "user", "system"] as const;
const GOOD_USER = {
  username: "good",
  secret: "good-secret",
  read: READ,
  write: ["call", "originate", "reporting"],
} as const;
const POOR_USER = { username: "poor", secret: "poor-secret", read: READ, write: [] } as const;

let stack: AsyncDisposableStack;
let directory: string;
beforeEach(() => {
  stack = new AsyncDisposableStack();
  directory = temporaryFolder();
});
afterEach(() => stack.disposeAsync());

/** An amoCRM that answers everything with one status, or with 200 to the right token. */
async function startCrm(status: number, token?: string): Promise<string> {
  const server = createServer((request, response) => {
    const isKnown = token !== undefined && request.headers.authorization === `Bearer ${token}`;
    response.writeHead(isKnown ? 200 : status).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startPractice(): Promise<number> {
  const pbx = await startPbx({
    style: "mikopbx",
    monitorDir: directory,
    httpPort: null,
    users: [GOOD_USER, POOR_USER],
  });
  stack.use(pbx);
  return pbx.amiPort;
}

interface Given {
  readonly crm?: string;
  readonly token?: string;
  readonly ami?: { port: number; username?: string; secret?: string };
  readonly recordings?: string;
  readonly keyFile?: string;
  readonly store?: string;
  readonly databaseUrl?: string;
  /** Address of a webhook's receiver. */
  readonly receiver?: string;
}

/** A port where nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What is found, by subject. */
async function find(given: Given): Promise<Record<string, { isWell: boolean; says: string }>> {
  const { port, username = "good", secret = "good-secret" } = given.ami ?? { port: 1 };
  const config = parseConfig(
    JSON.stringify({
      http: { publicUrl: "https://pbx.example.org" },
      store: { path: given.store ?? join(directory, "data", "kommutator.db"), databaseUrl: given.databaseUrl ?? null },
      secrets: { keyFile: given.keyFile ?? null },
      accounts: [
        {
          amocrm: {
            host: "example.amocrm.ru",
            baseUrl: given.crm ?? "http://127.0.0.1:1",
            clientId: "id",
            clientSecret: "secret",
            longLivedToken: given.token ?? null,
          },
          webhooks: given.receiver ? [{ id: "erp", url: given.receiver, secret: `whsec_${"A".repeat(44)}` }] : null,
        },
      ],
      pbx: [
        {
          profile: "mikopbx",
          ami: { host: "127.0.0.1", port, username, secret },
          recordings: { localDirectory: given.recordings ?? null },
        },
      ],
    }),
    "kommutator.yaml",
    {},
  );
  const findings = await check(config);
  return Object.fromEntries(findings.map(({ subject, isWell, says }) => [subject, { isWell, says }]));
}

test("all is well, and nothing was made or changed", async () => {
  const before = await readdir(directory);
  const found = await find({
    crm: await startCrm(401),
    ami: { port: await startPractice() },
    recordings: directory,
  });
  expect(Object.values(found).filter(({ isWell }) => !isWell)).toEqual([]);
  expect(found["pbx pbx"]?.says).toMatch(/^logged in as good at Asterisk Call Manager/);
  expect(found["account main"]?.says).toContain("https://pbx.example.org/amocrm/connect/main");
  expect(await readdir(directory)).toEqual(before);
});

test("a database that is not there is told without its password", async () => {
  const found = await find({ databaseUrl: `postgres://kommutator:hidden@127.0.0.1:${await closedPort()}/store` });
  expect(found["store"]).toMatchObject({ isWell: false, says: expect.stringContaining("store/unreachable") });
  expect(JSON.stringify(found)).not.toContain("hidden");
});

describe("a receiver", () => {
  test.each([
    [200, true, /answers$/],
    [405, true, /answers$/],
    [302, false, /redirects, which is not followed/],
    [503, false, /answers with 503; messages would wait/],
  ])("that answers with %i", async (status, isWell, says) => {
    const found = await find({ receiver: await startCrm(status) });
    expect(found["webhook main/erp"]).toEqual({ isWell, says: expect.stringMatching(says) });
  });

  test("that is not there", async () => {
    const found = await find({ receiver: `http://127.0.0.1:${await closedPort()}/calls` });
    expect(found["webhook main/erp"]).toMatchObject({
      isWell: false,
      says: expect.stringMatching(/nothing listens there/),
    });
  });
});

describe("PBX", () => {
  test("a wrong password", async () => {
    const found = await find({ ami: { port: await startPractice(), secret: "guess" } });
    expect(found["pbx pbx"]).toMatchObject({
      isWell: false,
      says: expect.stringContaining("the PBX refused the login; check user and secret"),
    });
    expect(JSON.stringify(found)).not.toContain("guess");
  });

  test("missing rights are named", async () => {
    const port = await startPractice();
    const { "pbx pbx": pbx } = await find({ ami: { port, username: "poor", secret: "poor-secret" } });
    expect(pbx?.isWell).toBe(false);
    expect(pbx?.says).toContain(
      "the AMI user poor may not do: Originate (write right originate), Hangup (write right call)",
    );
  });

  test("nothing listens there", async () => {
    const { "pbx pbx": pbx } = await find({ ami: { port: await closedPort() } });
    expect(pbx).toMatchObject({ isWell: false, says: expect.stringContaining("cannot reach the PBX") });
  });

  test("something else listens there", async () => {
    const server = createTcpServer((socket) => void socket.end("SSH-2.0-OpenSSH\r\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    stack.defer(() => void server.close());
    const { "pbx pbx": pbx } = await find({ ami: { port: (server.address() as AddressInfo).port } });
    expect(pbx).toMatchObject({ isWell: false, says: expect.stringContaining("not an Asterisk manager") });
  });
});

describe("amoCRM", () => {
  test.each([
    [401, "does not accept the long-lived token"],
    [402, "is not paid"],
    [403, "refuses everything we ask"],
    [502, "answers with 502; try again later"],
  ])("answers %i to the token", async (status, words) => {
    const { "account main": account } = await find({ crm: await startCrm(status), token: "the-token" });
    expect(account).toMatchObject({ isWell: false, says: expect.stringContaining(words) });
  });

  test("accepts the token", async () => {
    const { "account main": account } = await find({ crm: await startCrm(401, "the-token"), token: "the-token" });
    expect(account).toMatchObject({ isWell: true });
  });

  test("is no amoCRM", async () => {
    const { "account main": account } = await find({ crm: await startCrm(404) });
    expect(account).toMatchObject({ isWell: false, says: expect.stringContaining("check amocrm.host") });
  });

  test("does not answer", async () => {
    const { "account main": account } = await find({ crm: `http://127.0.0.1:${await closedPort()}` });
    expect(account).toMatchObject({ isWell: false, says: expect.stringContaining("nothing listens there") });
  });
});

describe("files", () => {
  test("recordings that are not there", async () => {
    const { "recordings pbx": found } = await find({ recordings: join(directory, "nowhere") });
    expect(found).toMatchObject({
      isWell: false,
      says: expect.stringMatching(/nowhere: it is not there; check the name$/),
    });
  });

  test("recordings that are a file", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    expect((await find({ recordings: file }))["recordings pbx"]).toMatchObject({ isWell: false });
  });

  test("a key that others can read, or that is none", async () => {
    const keyFile = join(directory, "secret.key");
    await writeFile(keyFile, "ab".repeat(32), { mode: 0o644 });
    expect((await find({ keyFile }))["key"]).toMatchObject({
      isWell: false,
      says: expect.stringContaining("chmod 600"),
    });
    await chmod(keyFile, 0o600);
    expect((await find({ keyFile }))["key"]).toMatchObject({ isWell: true });
    await writeFile(keyFile, "no key");
    expect((await find({ keyFile }))["key"]).toMatchObject({ isWell: false });
    expect((await find({ keyFile: join(directory, "nowhere") }))["key"]).toMatchObject({ isWell: false });
  });

  test("a store whose name is a directory's", async () => {
    const store = join(directory, "file");
    await writeFile(store, "");
    await mkdir(join(directory, "data"));
    expect((await find({ store: join(store, "kommutator.db") }))["store"]).toMatchObject({ isWell: false });
    expect((await find({ store: join(directory, "data", "kommutator.db") }))["store"]).toMatchObject({ isWell: true });
  });
});
