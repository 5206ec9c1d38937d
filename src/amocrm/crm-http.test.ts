// The difference between "it was never sent" and "it may have been done" is what keeps calls from being doubled.
import { createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { CrmHttp } from "./crm-http.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A raw server: `onRequest` runs when the end of the head has come. */
async function setUp(onRequest: (socket: Socket) => void, answerMs = 5_000): Promise<CrmHttp> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // the client went away: that is the test's matter
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString();
      if (text.includes("\r\n\r\n")) onRequest(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const http = new CrmHttp(`http://127.0.0.1:${address.port}`, { connectMs: 1_000, answerMs });
  open.push(
    {
      [Symbol.asyncDispose]: async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    },
    http,
  );
  return http;
}

const post = { method: "POST", path: "/api/v4/contacts/notes", body: [{}] } as const;
const get = { method: "GET", path: "/api/v4/account" } as const;

test("an answer without JSON is given as it is", async () => {
  const http = await setUp((socket) => socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\n<html>"));
  expect(await http.send(get)).toMatchObject({ status: 403, text: "<html>", json: undefined });
});

test.each([
  ["is cut before any answer", (socket: Socket) => socket.destroy()],
  ["is cut in mid-answer", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")],
  ["answers what is no HTTP", (socket: Socket) => socket.end("SSH-2.0-OpenSSH\r\n\r\n")],
] as const)("a connection that %s may have done a write, and never a read", async (_, answer) => {
  const http = await setUp(answer);
  await expect(http.send(post)).rejects.toMatchObject({ code: "crm/answer-lost", mayHaveHappened: true });
  await expect(http.send(get)).rejects.toMatchObject({ code: "crm/answer-lost", mayHaveHappened: false });
});

test.each([
  ["says nothing", () => {}],
  [
    "drips",
    (socket: Socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
      const timer = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(timer));
    },
  ],
])("a server that %s is given up in time", async (_, answer) => {
  const http = await setUp(answer, 100);
  await expect(http.send(post)).rejects.toMatchObject({ code: "crm/answer-lost", mayHaveHappened: true });
});

test("a server that is not there was sent nothing", async () => {
  const http = new CrmHttp("http://127.0.0.1:9");
  open.push(http);
  await expect(http.send(post)).rejects.toMatchObject({ code: "crm/unreachable", mayHaveHappened: false });
});

test("a token never goes over plain http to another machine", () => {
  expect(() => new CrmHttp("http://example.amocrm.ru")).toThrow(RangeError);
  expect(() => new CrmHttp("http://127.0.0.1.example.org")).toThrow(RangeError);
  for (const url of ["https://example.amocrm.ru", "http://localhost:80", "http://[::1]:80", "http://127.0.0.2"]) {
    open.push(new CrmHttp(url));
  }
});
