/** What a player, a person and a stranger get behind a link, over real HTTP. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { serveHttp } from "../http/server.ts";
import { createLog } from "../lib/log.ts";
import { createMetrics } from "../lib/metrics.ts";
import type { Database } from "../store/database.ts";
import { SqlListeningStore } from "../store/listenings.ts";
import { grantRoute } from "./grant-route.ts";
import { ListeningGrants, RecordingLinks } from "./link.ts";
import { ListeningBook } from "./listening.ts";
import type { Ready, RecordingStore } from "./recording.ts";
import { type ListeningMode, recordingRoute } from "./route.ts";
import { recordingStore } from "./testing/store.ts";

const CRM = "https://romashka.amocrm.ru";
const SECONDS = 100;
const SOUND = Buffer.from(Array.from({ length: 10_000 }, (_, at) => at % 251));

let stack: AsyncDisposableStack;
let store: RecordingStore;
let database: Database;
let listenings: SqlListeningStore;
let url: string;
let mode: ListeningMode;
let now: number;
let directory: string;
let troubles: unknown[];
const links = new RecordingLinks(Buffer.alloc(32, 1), "");
const grants = new ListeningGrants(Buffer.alloc(32, 2));
/** The moment before the file is opened. */
let onBegun: () => void;
/** What the source gives when the mp3 is asked for again. */
let atSource: Buffer | null;

const ready: Ready = {
  callId: "call-1",
  parts: [],
  linkedids: [],
  since: 0,
  state: "ready",
  mp3: { file: "call-1.mp3", bytes: SOUND.length, seconds: SECONDS },
  missing: 0,
  isCached: true,
};

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  [mode, now, atSource, troubles] = ["open", 1_000_000, null, []];
  onBegun = () => {};
  ({ store, database } = await recordingStore(stack));
  listenings = new SqlListeningStore(database);
  directory = temporaryFolder();
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "call-1.mp3"), SOUND);
  await store.save("romashka", "main", ready);
  const clock = { now: () => now };
  const common = { links, grants, store, clock };
  const fileOf = ({ file }: { file: string }) => join(directory, file);
  const server = await serveHttp({
    host: "127.0.0.1",
    port: 0,
    tls: null,
    trustedProxies: [],
    sockets: [],
    log: createLog({ level: "error", format: "json" }, { write: () => {} }),
    metrics: createMetrics(),
    routes: [
      recordingRoute({
        ...common,
        modeOf: () => mode,
        cache: {
          fileOf,
          holds: async ({ file, bytes }) => {
            try {
              return readFileSync(join(directory, file)).length === bytes;
            } catch {
              return false;
            }
          },
        },
        keeper: {
          fetchAgain: async () => {
            if (atSource === null) return false;
            writeFileSync(join(directory, "call-1.mp3"), atSource);
            return true;
          },
        },
        book: new ListeningBook(listenings, clock, async () => onBegun()),
        nameOf: async () => "2026-11-28_14-30_201",
        onTrouble: (_, error) => void troubles.push(error),
      }),
      grantRoute({
        ...common,
        origins: [CRM],
        // What amoCRM's token says is the panel's affair; here it is said in so many words.
        identify: async (request) => {
          const [account = "", user] = (request.header("x-auth-token") ?? "").split(" ");
          return user === undefined ? null : { account, userId: Number(user) };
        },
      }),
    ],
  });
  stack.use(server);
  url = server.url;
});
afterEach(() => stack.disposeAsync());

const link = links.toUrl("romashka", "call-1");
const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(url + path, { headers, method });
const ask = (token: string, asked = link.split("/").at(-1) ?? "", origin = CRM) =>
  fetch(`${url}/recordings/grant`, {
    method: "POST",
    headers: { "x-auth-token": token, origin, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ link: asked }),
  });
const grantFor = async (token: string) => ((await (await ask(token)).json()) as { grant: string }).grant;
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const heard = () => listenings.list("romashka", { limit: 10 });

describe("a player", () => {
  test("gets the sound, what it is, and that nobody may keep or embed it", async () => {
    const response = await get(link);
    expect(await bytesOf(response)).toEqual(SOUND);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "audio/mpeg",
      "content-length": "10000",
      "accept-ranges": "bytes",
      "content-disposition": 'inline; filename="2026-11-28_14-30_201.mp3"',
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "cross-origin",
      "cache-control": "no-store",
      etag: '"call-1-10000"',
    });
  });

  test("seeks: ranges from the begin, the middle, the end, and behind it", async () => {
    const parts: [string, number, Buffer, string | null][] = [
      ["bytes=0-99", 206, SOUND.subarray(0, 100), "bytes 0-99/10000"],
      ["bytes=5000-", 206, SOUND.subarray(5000), "bytes 5000-9999/10000"],
      ["bytes=-10", 206, SOUND.subarray(-10), "bytes 9990-9999/10000"],
      ["bytes=0-1,5-6", 200, SOUND, null], // several ranges: the whole, as RFC 9110 allows
    ];
    for (const [range, status, bytes, told] of parts) {
      const response = await get(link, { range });
      expect([response.status, response.headers.get("content-range")], range).toEqual([status, told]);
      expect(await bytesOf(response)).toEqual(bytes);
    }
    const behind = await get(link, { range: "bytes=10000-" });
    expect([behind.status, behind.headers.get("content-range")]).toEqual([416, "bytes */10000"]);
  });

  test("is given the whole when it holds a piece of other bytes", async () => {
    const same = { range: "bytes=5-9", "if-range": '"call-1-10000"' };
    expect((await get(link, same)).status).toBe(206);
    expect((await get(link, { ...same, "if-range": '"call-1-9999"' })).status).toBe(200);
    expect((await get(link, { "if-none-match": '"call-1-10000"' })).status).toBe(304);
  });

  test("may ask for the head only, which is no listening", async () => {
    const response = await get(link, {}, "HEAD");
    expect([response.status, response.headers.get("content-length")]).toEqual([200, "10000"]);
    expect((await bytesOf(response)).length).toBe(0);
    expect(await heard()).toEqual([]);
  });

  test("hears what had made room for others", async () => {
    rmSync(join(directory, "call-1.mp3"));
    await store.save("romashka", "main", { ...ready, isCached: false });
    const away = await get(link);
    expect(away.status).toBe(503);
    atSource = SOUND;
    expect(await bytesOf(await get(link))).toEqual(SOUND);
  });

  test("hears what makes room for others in the moment in which he asks", async () => {
    atSource = SOUND;
    onBegun = () => rmSync(join(directory, "call-1.mp3"));
    const response = await get(link, { range: "bytes=5000-5999" });
    expect(response.status).toBe(206);
    expect(await bytesOf(response)).toEqual(SOUND.subarray(5000, 6000));
    expect(troubles).toEqual([]);
  });

  test("is cut off when that cannot be had again, or is another sound now: its length was told", async () => {
    onBegun = () => rmSync(join(directory, "call-1.mp3"));
    expect(await get(link).then(bytesOf, () => "cut off")).not.toEqual(SOUND);
    writeFileSync(join(directory, "call-1.mp3"), SOUND);
    atSource = SOUND.subarray(5);
    now += 3_600_000; // another listening
    expect(await get(link).then(bytesOf, () => "cut off")).not.toEqual(SOUND);
    expect(troubles).toHaveLength(2);
  });
});

describe("a stranger", () => {
  test("gets one answer, whatever was wrong with the link", async () => {
    mode = "guarded";
    const { callId } = ready;
    const token = link.split("/").at(-1) ?? "";
    const grant = grants.issue("romashka", callId, 504141, now, SECONDS);
    const wrong = [
      link, // right, but without a grant
      `${link}?grant=`,
      `${link}?grant=${grant.replace(/.$/, "A")}x`,
      `${link}?grant=${grants.issue("romashka", callId, 504141, now - 3_600_000, SECONDS)}`, // over
      `${link}?grant=${grants.issue("lyutik", callId, 504141, now, SECONDS)}`, // of another account
      `${link}?grant=${grants.issue("romashka", "call-2", 504141, now, SECONDS)}`, // of another recording
      `/recordings/${token.replace(/\.(.)/, ".-")}?grant=${grant}`, // tampered
      links.toUrl("lyutik", callId), // foreign
      links.toUrl("romashka", "call-2"), // unknown
      "/recordings/call-1.mp3",
      "/recordings/..%2f..%2fetc%2fpasswd",
    ];
    const answers = await Promise.all(
      wrong.map(async (path) => {
        const response = await get(path);
        const { date: _, ...headers } = Object.fromEntries(response.headers);
        return { status: response.status, headers, body: await response.text() };
      }),
    );
    for (const [at, answer] of answers.entries()) expect(answer, wrong[at]).toEqual(answers[0]);
    expect(answers[0]?.status).toBe(404);
    expect(await heard()).toEqual([]);
  });

  test("is told in two languages what to do", async () => {
    mode = "guarded";
    const page = await get(link);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const text = await page.text();
    expect(text).toContain("Войдите в amoCRM");
    expect(text).toContain("Sign in to amoCRM");
  });
});

describe("a user of the CRM", () => {
  test("hears a guarded recording by his grant, as long as it lasts", async () => {
    mode = "guarded";
    const grant = await grantFor("romashka 504141");
    expect(await bytesOf(await get(`${link}?grant=${grant}`))).toEqual(SOUND);
    now += (15 * 60 + SECONDS) * 1000 + 1_000;
    expect((await get(`${link}?grant=${grant}`)).status).toBe(404);
  });

  test("is refused a recording of another account, an unknown one, and without amoCRM's word, in one way", async () => {
    const token = link.split("/").at(-1) ?? "";
    const refused = await Promise.all([
      ask("lyutik 1"),
      ask("romashka"),
      ask("romashka 504141", token.replace("call-1", "call-2")),
      ask("romashka 504141", "../../etc/passwd"),
    ]);
    const bodies = await Promise.all(refused.map((response) => response.text()));
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(new Set(bodies).size).toBe(1);
    expect((await ask("romashka 504141", token, "https://elsewhere.example.org")).status).toBe(403);
  });
});

describe("what happened to the sound is said", () => {
  test.each([
    ["pending", 503, { ...ready, state: "pending", soughtSince: 0, waitsFor: null, meanwhile: null }],
    ["none", 410, { callId: "call-1", parts: [], linkedids: [], since: 0, state: "none" }],
    ["lost", 410, { callId: "call-1", parts: [], linkedids: [], since: 0, state: "lost", reason: "not-found" }],
  ] as const)("%s", async (_, status, recording) => {
    await store.save("romashka", "main", recording);
    const response = await get(link);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain('<p lang="en">');
  });

  test("and while another part is waited for, what is there plays", async () => {
    const { mp3: meanwhile, ...rest } = ready;
    await store.save("romashka", "main", { ...rest, state: "pending", soughtSince: 0, waitsFor: null, meanwhile });
    expect(await bytesOf(await get(link))).toEqual(SOUND);
  });
});

describe("each listening is written down", () => {
  test("who, from where, when and how far; the pieces that a player asks for are one", async () => {
    await bytesOf(await get(link, { range: "bytes=0-999" }));
    now += 60_000;
    await Promise.all([
      bytesOf(await get(link, { range: "bytes=4000-4999" })),
      bytesOf(await get(link, { range: "bytes=1000-1999" })),
    ]);
    const listening = { account: "romashka", callId: "call-1", address: "127.0.0.0", begunAt: 1_000_000 };
    await vi.waitFor(
      async () =>
        expect(await heard()).toEqual([
          { ...listening, userId: null, lastAt: 1_060_000, bytes: 3000, reachedSeconds: 50 },
        ]),
      10_000,
    );

    const grant = await grantFor("romashka 504141");
    await bytesOf(await get(`${link}?grant=${grant}`));
    await vi.waitFor(
      async () => expect((await heard())[0]).toMatchObject({ userId: 504141, bytes: 10_000, reachedSeconds: 100 }),
      10_000,
    );

    now += 3_600_000; // another time
    await bytesOf(await get(link));
    await vi.waitFor(async () => expect(await heard()).toHaveLength(3), 10_000);
  });

  test("also of one that breaks off", async () => {
    writeFileSync(join(directory, "call-1.mp3"), Buffer.alloc(5_000_000));
    await store.save("romashka", "main", { ...ready, mp3: { ...ready.mp3, bytes: 5_000_000 } });
    const breaking = new AbortController();
    const response = await fetch(url + link, { signal: breaking.signal });
    await response.body?.getReader().read();
    breaking.abort();
    await vi.waitFor(async () => expect((await heard())[0]?.bytes).toBeGreaterThan(0), 10_000);
    expect((await heard())[0]?.bytes).toBeLessThan(5_000_000);
    expect(troubles).toEqual([]);
  });

  test("or is not given", async () => {
    await database.schema.dropTable("listening").execute();
    const response = await get(link);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: "internal" });
    expect(troubles).toHaveLength(1);
  });
});
