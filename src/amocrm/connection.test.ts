// One failure of the whole account closes it once; it is probed until it answers; what only a person can mend is not.
import { afterEach, expect, test } from "vitest";
import { createLog } from "../lib/log.ts";
import { Connection, silenceMs } from "./connection.ts";
import { CrmError } from "./crm-error.ts";

const log = createLog({ level: "error", format: "json" }, { write() {} });
const running: Connection[] = [];
afterEach(() => Promise.all(running.splice(0).map((connection) => connection.stop())));

function setUp(answers: (CrmError | undefined)[]) {
  let probes = 0;
  const connection = new Connection({
    account: "main",
    now: () => 0,
    log,
    silenceMs: () => 1,
    probe: async () => {
      const answer = answers[Math.min(probes++, answers.length - 1)];
      if (answer) throw answer;
    },
  });
  running.push(connection);
  const until = async (state: string) => {
    while (connection.state.state !== state) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      using _ = connection.onChange(resolve);
      await promise;
    }
  };
  return { connection, until, probes: () => probes };
}

test("it is closed until the first answer, then open", async () => {
  const { connection } = setUp([undefined]);
  expect(connection.availability()).toEqual({ open: false, reason: "connecting", until: null });
  await connection.check();
  expect(connection.availability()).toEqual({ open: true });
});

test("an unreachable CRM is probed until it answers", async () => {
  const gone = new CrmError("crm/unreachable");
  const { connection, until, probes } = setUp([gone, gone, gone, undefined]);
  await connection.check();
  expect(connection.state).toMatchObject({ state: "held", reason: "crm/unreachable", until: 1 });
  await until("connected");
  expect(probes()).toBe(4);
});

test("requests that fail together close it once, and one probe opens it", async () => {
  const { connection, until, probes } = setUp([undefined]);
  await connection.check();
  for (let n = 0; n < 5; n++) connection.met(new CrmError("crm/unavailable"));
  expect(connection.state).toMatchObject({ state: "held", reason: "crm/unavailable" });
  await until("connected");
  expect(probes()).toBe(2);
});

test("a failure of one request alone changes nothing", async () => {
  const { connection } = setUp([undefined]);
  await connection.check();
  for (const code of ["crm/invalid", "crm/forbidden", "crm/server-error", "crm/unreadable"] as const) {
    connection.met(new CrmError(code));
  }
  expect(connection.state.state).toBe("connected");
});

test("what needs a hand is not probed, and ends when access is given", async () => {
  const { connection, probes } = setUp([new CrmError("crm/not-connected"), undefined]);
  await connection.check();
  expect(connection.state).toMatchObject({ state: "needs-your-hand", reason: "crm/not-connected" });
  connection.met(new CrmError("crm/unreachable"));
  expect(connection.state.state).toBe("needs-your-hand");
  expect(probes()).toBe(1);
  await connection.check();
  expect(connection.state.state).toBe("connected");
});

test("it is silent at least as long as amoCRM asks", async () => {
  const { connection } = setUp([new CrmError("crm/rate-limited", { retryAfterSeconds: 300 })]);
  await connection.check();
  expect(connection.state).toMatchObject({ state: "held", until: 300_000 });
});

test("a block is waited for in minutes, an outage in seconds, neither for ever", () => {
  expect([1, 2, 3, 10].map((nth) => silenceMs("crm/unreachable", nth))).toEqual([1000, 2000, 4000, 60_000]);
  expect([1, 2, 10].map((nth) => silenceMs("crm/blocked", nth))).toEqual([60_000, 120_000, 900_000]);
  expect(silenceMs("crm/rate-limited", 1)).toBe(5000);
});
