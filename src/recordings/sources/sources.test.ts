/** Whatever recordings lie in, they are looked for in the same way, and nothing but recordings is ever given. */
import { appendFileSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startPbx } from "../../../emulators/pbx/pbx.ts";
import { temporaryFolder } from "../../../test/temporary-folder.ts";
import { isForbiddenAddress } from "../../lib/peer-pool.ts";
import { readMp3 } from "../mp3-frames.ts";
import type { FoundPart, RecordingSource, SoughtPart } from "../source.ts";
import { FileSource } from "./files.ts";
import { HttpSource } from "./http.ts";
import { MikopbxSource } from "./mikopbx.ts";

const NAMING = {
  pbxDirectory: "/storage/monitor",
  patterns: ["{dir}/{name}.wav", "{year}/{month}/{day}/{name}.wav", "{dir}/{name}.webm"],
  timeZone: "Asia/Kathmandu",
};
const SECRET = "what stands outside";

let directory: string;
let root: string;
let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
  directory = temporaryFolder();
  root = join(directory, "monitor");
  mkdirSync(root);
  writeFileSync(join(directory, "secret.wav"), SECRET);
});
afterEach(() => stack.disposeAsync());

const put = (name: string, text: string): string => {
  const file = join(root, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const sought = (file: string, startedAt = 0): SoughtPart => ({ file, startedAt, linkedids: ["1.1"] });

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answer: Answering): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stack.defer(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** As nginx gives a directory to whoever knows the password. */
const files: Answering = ({ url = "", method, headers }, response) => {
  if (headers.authorization !== `Basic ${Buffer.from("k:pass").toString("base64")}`) {
    response.writeHead(401).end();
    return;
  }
  try {
    const file = join(root, decodeURIComponent(url.replace(/^\/sound/, "")));
    response.setHeader("content-length", statSync(file).size);
    response.end(method === "HEAD" ? undefined : readFileSync(file));
  } catch {
    response.writeHead(404).end("<h1>404</h1>");
  }
};

const http = (url: string, more = {}) =>
  stack.use(
    new HttpSource({ ...NAMING, url, user: "k", password: "pass", ca: undefined, fingerprint256: undefined, ...more }),
  );

async function found(source: RecordingSource, part: SoughtPart): Promise<FoundPart> {
  const place = await source.find(part);
  if (place === "absent" || "refused" in place) throw new Error(`found nothing: ${JSON.stringify(place)}`);
  return place;
}

async function contentOf(source: RecordingSource, part: SoughtPart): Promise<string> {
  const got = await (await found(source, part)).fetch(join(directory, "fetched"));
  if (got === "absent" || "refused" in got) throw new Error(`fetched nothing: ${JSON.stringify(got)}`);
  return readFileSync(got.file, "utf8");
}

describe.each<{ name: string; open: () => Promise<RecordingSource> }>([
  { name: "files", open: async () => new FileSource({ ...NAMING, localDirectory: root }) },
  { name: "http", open: async () => http(`${(await serve(files)).url}/sound`) },
])("a source of $name", ({ open }) => {
  test("finds what comes late, under another extension, and gives it as it is", async () => {
    const source = await open();
    const part = sought("/storage/monitor/2026/11/28/10/call.webm");
    expect(await source.find(part)).toBe("absent");
    put("2026/11/28/10/call.wav", "sound");
    expect(await contentOf(source, part)).toBe("sound");
    expect(await contentOf(source, sought("2026/11/28/10/call.mp3"))).toBe("sound");
  });

  test("tells that a file still grows", async () => {
    const source = await open();
    const file = put("a.wav", "begin");
    const before = await found(source, sought("a.wav"));
    expect((await found(source, sought("a.wav"))).sign).toBe(before.sign);
    appendFileSync(file, " and end");
    expect((await found(source, sought("a.wav"))).sign).not.toBe(before.sign);
  });

  test("finds a bare name in the folder of its day, in the PBX's zone", async () => {
    put("2026/11/29/call.wav", "sound");
    // Already tomorrow in Kathmandu.
    expect(await contentOf(await open(), sought("call.wav", Date.parse("2026-11-28T18:30:00Z")))).toBe("sound");
  });

  test("a name's odd letters are nothing but letters", async () => {
    put("a b#c?d%2e&e+ж.wav", "sound");
    expect(await contentOf(await open(), sought("a b#c?d%2e&e+ж.wav"))).toBe("sound");
  });

  test.each([
    "/storage/monitor/../../etc/passwd",
    "../secret.wav",
    "2026/../../secret.wav",
    "/etc/passwd",
    "/storage/monitoring/a.wav",
    "/storage/monitor",
    "a\0.wav",
    "a\r\nHost: other.wav",
    "..\\secret.wav",
    "http://169.254.169.254/latest/meta-data.wav",
    "file:///etc/passwd",
    "",
    `${"a/".repeat(600)}b.wav`,
  ])("refuses the name %j", async (file) => {
    expect(await (await open()).find(sought(file))).toEqual({ refused: "outside-directory" });
  });

  test.each(["%2e%2e/secret.wav", "%2e%2e%2fsecret.wav", "//other.example.org/secret.wav", "@127.0.0.1/secret.wav"])(
    "finds nothing by the trick %j",
    async (file) => {
      const place = await (await open()).find(sought(file));
      expect(place === "absent" || (typeof place === "object" && "refused" in place)).toBe(true);
    },
  );
});

describe("a source of files", () => {
  const source = () => new FileSource({ ...NAMING, localDirectory: root });

  test("refuses symbolic links that lead out, of a file and of a folder; its own root may be one", async () => {
    symlinkSync(join(directory, "secret.wav"), join(root, "link.wav"));
    symlinkSync(directory, join(root, "folder"));
    expect(await source().find(sought("link.wav"))).toEqual({ refused: "outside-directory" });
    expect(await source().find(sought("folder/secret.wav"))).toEqual({ refused: "outside-directory" });
    symlinkSync(root, join(directory, "mount"));
    put("a.wav", "sound");
    const mounted = new FileSource({ ...NAMING, localDirectory: join(directory, "mount") });
    expect(await contentOf(mounted, sought("a.wav"))).toBe("sound");
  });

  test("an unmounted directory is trouble, not an absent recording", async () => {
    const unmounted = new FileSource({ ...NAMING, localDirectory: join(directory, "not-mounted") });
    await expect(unmounted.find(sought("a.wav"))).rejects.toMatchObject({ code: "recordings/no-directory" });
  });
});

describe("a source of http", () => {
  test("follows redirects on its own host, and never to another one", async () => {
    put("a.wav", "sound");
    const other = await serve((_, response) => response.end(SECRET));
    const targets = [
      "/sound/moved/a.wav",
      `${other.url}/a.wav`,
      "http://169.254.169.254/latest/",
      "file:///etc/passwd",
    ];
    for (const [at, target] of targets.entries()) {
      const { url } = await serve((request, response) => {
        if (request.url?.startsWith("/sound/moved/")) files(Object.assign(request, { url: "/sound/a.wav" }), response);
        else response.writeHead(302, { location: target }).end();
      });
      const place = await http(`${url}/sound`).find(sought("a.wav"));
      if (at === 0) expect(place).toHaveProperty("sign");
      else expect(place).toEqual({ refused: "foreign-address" });
    }
    expect(other.asked).toEqual([]);
  });

  test("a redirect that appears between the look and the download leads nowhere either", async () => {
    const other = await serve((_, response) => response.end(SECRET));
    const { url } = await serve(({ method }, response) => {
      if (method === "HEAD") response.writeHead(200, { "content-length": "5" }).end();
      else response.writeHead(307, { location: `${other.url}/a.wav` }).end();
    });
    const place = await found(http(url), sought("a.wav"));
    expect(await place.fetch(join(directory, "fetched"))).toEqual({ refused: "foreign-address" });
    expect(other.asked).toEqual([]);
  });

  test("redirects in a circle end", async () => {
    const { url, asked } = await serve((_, response) => response.writeHead(302, { location: "/again" }).end());
    await expect(http(url).find(sought("a.wav"))).rejects.toMatchObject({ code: "recordings/refused" });
    expect(asked.length).toBeLessThan(10);
  });

  test("what is too large is refused, whether it is announced or not, and leaves nothing behind", async () => {
    const limits = { limits: { largestBytes: 1000 } };
    const announced = await serve((_, response) => response.writeHead(200, { "content-length": "1001" }).end());
    expect(await http(announced.url, limits).find(sought("a.wav"))).toEqual({ refused: "too-large" });
    const endless = await serve(({ method }, response) => {
      if (method === "HEAD") response.end();
      else response.writeHead(200, { "transfer-encoding": "chunked" }).write(Buffer.alloc(2000));
    });
    const place = await found(http(endless.url, limits), sought("a.wav"));
    expect(await place.fetch(join(directory, "fetched"))).toEqual({ refused: "too-large" });
    expect(() => statSync(join(directory, "fetched"))).toThrow("ENOENT");
  });

  test("a server that falls silent in the middle is given up", async () => {
    const { url } = await serve(({ method }, response) => {
      response.writeHead(200, { "content-length": "2000" });
      if (method === "HEAD") response.end();
      else response.write(Buffer.alloc(10));
    });
    const place = await found(http(url, { limits: { answerMs: 200 } }), sought("a.wav"));
    await expect(place.fetch(join(directory, "fetched"))).rejects.toMatchObject({ code: "recordings/unreachable" });
    expect(() => statSync(join(directory, "fetched"))).toThrow("ENOENT");
  });

  test("says who must do something: wrong password, busy, nothing listens; never that a recording is absent", async () => {
    const wrong = http((await serve(files)).url, { password: "wrong" });
    await expect(wrong.find(sought("a.wav"))).rejects.toMatchObject({ code: "recordings/unauthorised" });
    const busy = await serve((_, response) => response.writeHead(503).end());
    await expect(http(busy.url).find(sought("a.wav"))).rejects.toMatchObject({ code: "recordings/overloaded" });
    const broken = await serve((_, response) => response.writeHead(500).end());
    await expect(http(broken.url).find(sought("a.wav"))).rejects.toMatchObject({ code: "recordings/refused" });
    await expect(http("http://127.0.0.1:1").find(sought("a.wav"))).rejects.toMatchObject({
      code: "recordings/unreachable",
    });
  });

  test("addresses where clouds keep their secrets are not even asked", async () => {
    expect(() => http("http://169.254.169.254/")).toThrow("no address of a server");
    expect(() => http("http://[fe80::1]/")).toThrow("no address of a server");
    for (const address of [
      "169.254.169.254",
      "::ffff:169.254.1.1",
      "0.0.0.0",
      "::",
      "224.0.0.1",
      "fd00:ec2::254",
      "100.100.100.200",
    ])
      expect(isForbiddenAddress(address), address).toBe(true);
    for (const address of ["127.0.0.1", "192.168.1.10", "10.0.0.1", "203.0.113.9", "2001:db8::1"])
      expect(isForbiddenAddress(address), address).toBe(false);
  });
});

describe("a source of MikoPBX's interface", () => {
  const KEY = "practice-key";
  const source = (url: string, apiKey = KEY) =>
    stack.use(new MikopbxSource({ ...NAMING, url, apiKey, ca: undefined, fingerprint256: undefined }));

  test("gives the recording of a call as mp3, once its row is there", async () => {
    const rest = { apiKey: KEY, timeZone: NAMING.timeZone, settleMs: 0 };
    const pbx = stack.use(await startPbx({ style: "mikopbx", monitorDir: root, httpPort: null, pace: 0.02, rest }));
    const id = pbx.clientCalls({ from: "79000000001", did: "74950003344" });
    await pbx.waitFor(({ phones }) => phones.some(({ calls }) => calls.some(({ state }) => state === "ringing")));
    pbx.phone("201").answer();
    await pbx.waitFor(({ outside }) => outside.some((each) => each.id === id && each.state === "talking"));
    pbx.clientHangsUp(id);
    await expect.poll(() => pbx.callRecords.length).toBeGreaterThan(0);
    const [row] = pbx.callRecords;
    const api = stack.use(
      new MikopbxSource({
        pbxDirectory: root,
        timeZone: NAMING.timeZone,
        url: `http://127.0.0.1:${pbx.restPort}`,
        apiKey: KEY,
        ca: undefined,
        fingerprint256: undefined,
      }),
    );
    const part = { file: row?.recordingFile ?? "", startedAt: 0, linkedids: ["other", row?.linkedid ?? ""] };
    const got = await (await found(api, part)).fetch(join(directory, "fetched"));
    if (got === "absent" || "refused" in got) throw new Error("nothing");
    expect(readMp3(readFileSync(got.file))).toMatchObject({ sampleRate: 8000, channels: 1 });
    expect(await api.find({ ...part, linkedids: ["other"] })).toBe("absent");
    expect(await api.find({ ...part, file: join(root, "another.webm") })).toBe("absent");
  });

  const list =
    (row: object): Answering =>
    ({ url = "" }, response) => {
      if (!url.startsWith("/pbxcore/api/v3/cdr?")) {
        response.end(SECRET);
        return;
      }
      const records = [{ UNIQUEID: "call_abcdef", recordingfile: "/storage/monitor/call_abcdef.webm", ...row }];
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ result: true, data: { records }, messages: [] }));
    };
  const call = sought("/storage/monitor/call_abcdef.webm");

  test("a row whose sound is not converted yet is absent", async () => {
    const { url } = await serve(list({ download_url: "", playback_url: "" }));
    expect(await source(url).find(call)).toBe("absent");
  });

  test.each([
    "http://169.254.169.254/pbxcore/api/v3/cdr:download?token=1",
    "//other.example.org/pbxcore/api/v3/cdr:download?token=1",
    "/pbxcore/api/v3/employees/1?token=1",
    "/pbxcore/api/v3/cdr:download?view=/etc/passwd",
    "/pbxcore/api/v3/cdr:download/../../../admin?token=1",
    "file:///etc/passwd?token=1",
    "no address",
  ])("an address that is not the sound's is refused: %s", async (download_url) => {
    const { url, asked } = await serve(list({ download_url }));
    expect(await source(url).find(call)).toEqual({ refused: "foreign-address" });
    expect(asked).toHaveLength(1);
  });

  test("only the token of the address is taken, and mp3 asked for", async () => {
    const { url, asked } = await serve(
      list({ download_url: "/pbxcore/api/v3/cdr:download?token=abc&view=/etc/passwd&format=wav" }),
    );
    await (await found(source(url), call)).fetch(join(directory, "fetched"));
    expect(asked[1]).toBe("GET /pbxcore/api/v3/cdr:download?token=abc&format=mp3");
  });

  test("a refusal, a full queue and a page instead of an answer are trouble, not absence", async () => {
    const answers: [Answering, string][] = [
      [(_, response) => response.writeHead(401).end("{}"), "recordings/unauthorised"],
      [(_, response) => response.writeHead(503).end("{}"), "recordings/overloaded"],
      [(_, response) => response.end('{"result":false,"data":null,"messages":{"error":["no"]}}'), "recordings/refused"],
      [(_, response) => response.end("<html>Login</html>"), "recordings/refused"],
      [(_, response) => response.end("x".repeat(5 * 2 ** 20)), "recordings/refused"],
    ];
    for (const [answer, code] of answers) {
      const { url } = await serve(answer);
      await expect(source(url).find(call)).rejects.toMatchObject({ code });
    }
  });
});
