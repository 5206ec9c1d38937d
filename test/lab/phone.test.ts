// A desk phone and its registration, with a registrar that says yes to everything.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Phone } from "./phone.ts";

let stack: AsyncDisposableStack;
let phone: Phone;
/** How long each registration was asked to live, seconds. */
let asked: string[];

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  asked = [];
  const registrar = createSocket("udp4", (datagram, { address, port }) => {
    const lines = datagram.toString().split("\r\n");
    asked.push(
      lines
        .find((line) => line.startsWith("Expires:"))
        ?.slice("Expires:".length)
        .trim() ?? "",
    );
    const kept = lines.filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
    registrar.send(["SIP/2.0 200 OK", ...kept, "Content-Length: 0", "", ""].join("\r\n"), port, address);
  });
  registrar.bind(0, "127.0.0.1");
  await once(registrar, "listening");
  stack.defer(() => void registrar.close());
  const pbx = { host: "127.0.0.1", port: registrar.address().port };
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  phone = stack.use(new Phone({ extension: "201", password: "none", pbx }));
  await phone.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await stack.disposeAsync();
});

test("renews its registration once at half its life, however often it has registered", async () => {
  await phone.register();
  await phone.register();
  await vi.advanceTimersByTimeAsync(60_000);
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(3));
  await phone.unregister(); // answered in its turn: whatever else was sent has come by then
  expect(asked).toEqual(["120", "120", "120", "120", "0"]);
});

test("that was unregistered stays so", async () => {
  await phone.register();
  await phone.unregister();
  await vi.advanceTimersByTimeAsync(600_000);
  await phone.register();
  expect(asked).toEqual(["120", "120", "0", "120"]);
});

test("that is unregistered while it renews its registration stays so, too", async () => {
  const renewed = phone.register();
  await Promise.all([renewed, phone.unregister()]);
  await vi.advanceTimersByTimeAsync(600_000);
  await phone.register();
  expect(asked).toEqual(["120", "120", "0", "120"]);
});
