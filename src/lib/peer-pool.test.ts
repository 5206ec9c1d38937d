// A name that leads to the PBX when it is looked at, and elsewhere when it is connected to.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ForbiddenAddress, openPool, type Resolver } from "./peer-pool.ts";

const METADATA = "169.254.169.254";
const LIMITS = { connections: 1, connectMs: 2_000, answerMs: 2_000 };

let stack: AsyncDisposableStack;
let port: number;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  // Each request has a connection of its own, and so its name resolved anew.
  const server = createServer((_, response) => response.setHeader("connection", "close").end("the PBX"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => void server.close());
  port = (server.address() as AddressInfo).port;
});
afterEach(() => stack.disposeAsync());

/** @param answers what the name leads to, each time it is asked for; the last one for ever */
function asking(...answers: (readonly string[])[]) {
  let asked = 0;
  const resolve: Resolver = (_hostname, _options, done) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)] ?? [];
    done(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
  const peer = { url: `http://pbx.example.org:${port}`, ca: undefined, fingerprint256: undefined };
  const pool = openPool(peer, LIMITS, resolve);
  stack.defer(() => pool.destroy());
  const get = async () => (await pool.request({ path: "/", method: "GET" })).body.text();
  return { get, asked: () => asked };
}

describe("a name that is bound anew", () => {
  test("is resolved once for the check and the connection: the second answer is never connected to", async () => {
    const { get, asked } = asking(["127.0.0.1"], [METADATA]);
    expect(await get()).toBe("the PBX");
    expect(asked()).toBe(1);
  });

  test("is checked again at the next connection", async () => {
    const { get, asked } = asking(["127.0.0.1"], [METADATA]);
    await get();
    await expect(get()).rejects.toThrow(ForbiddenAddress);
    expect(asked()).toBe(2);
  });

  test("to a forbidden address beside a permitted one leads to the permitted one only", async () => {
    const { get } = asking([METADATA, "127.0.0.1"]);
    expect(await get()).toBe("the PBX");
  });
});
