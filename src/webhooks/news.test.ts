// What programs are told of each recorded stream: once, in order, and the same whoever reads the journal from wherever.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Capture, readCaptures } from "../../test/capture-files.ts";
import type { CallEvent } from "../calls/call-event.ts";
import type { CdrCall } from "../calls/cdr-call.ts";
import { LiveCalls } from "../calls/live-calls.ts";
import { accountWith, employeeAt } from "../directory/account.testing.ts";
import { profiles } from "../pbx/profiles.ts";
import { Replay } from "../replay/replay.ts";
import { messageSchema, toMessage } from "./message.ts";
import { type Followed, follow, type News, NOTHING_FOLLOWED } from "./news.ts";

const account = accountWith({
  employees: [employeeAt("201", { name: "Анна", userId: 1 })],
  lines: [{ did: "74950003344", label: "Отдел продаж", pipelineId: null }],
});

function journalOf({ folder, streams }: Capture): CallEvent[] {
  // truth.yaml stands beside each capture (test/captures.test.ts reads all of it)
  const { profile } = parse(readFileSync(join(folder, "truth.yaml"), "utf8")) as { profile: keyof typeof profiles };
  const events: CallEvent[] = [];
  const replay = new Replay({ profile: profiles[profile], onEntry: ({ event }) => events.push(event) });
  for (const stream of streams) replay.feed(stream);
  return events;
}

function tell(events: readonly CallEvent[], followed = new Map<string, Followed>()): News[] {
  return events.flatMap((event) => {
    const { after, news } = follow(followed.get(event.callId) ?? NOTHING_FOLLOWED, event);
    followed.set(event.callId, after);
    return news;
  });
}

const captures = readCaptures();
const capture = (name: string): News[] => {
  const found = captures.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no capture ${name}`);
  return tell(journalOf(found));
};
const story = (news: readonly News[]) => news.map(({ type, extension }) => (extension ? `${type} ${extension}` : type));

test("there are captures", () => expect(captures.length).toBeGreaterThan(50));

describe.each(captures.map((one) => [one.name, one] as const))("%s", (_, one) => {
  const events = journalOf(one);
  const all = tell(events);

  test("tells each thing once, the beginning first and the end last", () => {
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const news of Map.groupBy(all, ({ call }) => call.id).values()) {
      const types = news.map(({ type }) => type);
      expect(types[0]).toBe("call-began");
      for (const once of ["call-began", "call-answered", "call-missed", "call-ended"] as const) {
        expect(types.filter((type) => type === once).length).toBeLessThanOrEqual(1);
      }
      const afterEnd = types.slice(types.indexOf("call-ended") + 1);
      if (types.includes("call-ended")) expect(afterEnd.filter((type) => type !== "recording-ready")).toEqual([]);
    }
  });

  test("tells the same after a restart at any event", () => {
    for (let cut = 1; cut < events.length; cut += Math.ceil(events.length / 25)) {
      const followed = new Map<string, Followed>();
      tell(events.slice(0, cut), followed); // read back from the journal; nobody is told
      const before = tell(events.slice(0, cut));
      expect([...before, ...tell(events.slice(cut), followed)].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    }
  });

  test("is as the messages' description says", () => {
    for (const news of all) {
      const message = JSON.parse(JSON.stringify(toMessage(news, account)));
      expect(messageSchema.strict().parse(message)).toEqual(message);
    }
  });
});

describe("what only the PBX's own records tell", () => {
  const told: CdrCall = {
    linkedids: ["1795441532.300"],
    direction: "inbound",
    client: "79161234567",
    did: "74950003344",
    queue: null,
    startedAt: 1_000,
    answeredAt: 3_000,
    endedAt: 9_000,
    disposition: "answered",
    ringSeconds: 2,
    talkSeconds: 6,
    employees: [{ extension: "201", result: "answered", ringSeconds: 2, talkSeconds: 6 }],
    recordings: [],
  };
  const recover = (of: CdrCall, history: readonly CallEvent[]) =>
    new LiveCalls("office").recover(of, history).map(({ event }) => event);

  test("is a call from its beginning to its end", () => {
    const news = tell(recover(told, []));
    expect(story(news)).toEqual(["call-began", "call-answered", "call-ended"]);
    expect(news.at(-1)?.call).toMatchObject({ disposition: "answered", endedAt: 9_000, partial: true });
  });

  test("is the recording of a call that has ended, and nothing else a second time", () => {
    const seen = recover(told, []);
    const followed = new Map<string, Followed>();
    tell(seen, followed);
    const better = { ...told, talkSeconds: 5, recordings: [{ file: "a.wav", startedAt: 3_000 }] };
    expect(story(tell(recover(better, seen), followed))).toEqual(["recording-ready"]);
  });
});

describe("in the order of what people live", () => {
  test("an answered call", () => {
    expect(story(capture("04-inbound-answered-201-hangs-up"))).toEqual([
      "call-began",
      "call-ringing 201",
      "call-answered 201",
      "call-ended",
      "recording-ready",
    ]);
  });

  test("a call that everybody missed", () => {
    const news = capture("05-inbound-missed-by-all");
    expect(story(news).slice(0, 2)).toEqual(["call-began", "call-ringing 201"]);
    expect(story(news).slice(-3)).toEqual(["call-missed", "call-ended", "recording-ready"]);
  });

  test("whoever answers is named", () => {
    const answerers = captures.flatMap((one) =>
      tell(journalOf(one)).filter(({ type, call }) => type === "call-answered" && !call.partial),
    );
    expect(answerers.length).toBeGreaterThan(30);
    // A phone may divert to somebody outside, who answers (capture o18): he is nobody of the company.
    const unnamed = answerers.filter(({ extension }) => extension === null);
    expect(unnamed.filter(({ call }) => call.employees.some(({ result }) => result === "answered"))).toEqual([]);
  });

  test("a transfer", () => {
    const transferred = capture("13-sip-blind-transfer").find(({ type }) => type === "call-transferred");
    expect(transferred).toMatchObject({ extension: "202", transfer: { kind: "blind", by: "201" } });
  });

  test("a click-to-call: the own phone is no caller's", () => {
    expect(story(capture("01-click-to-call-answered"))).not.toContain("call-ringing 201");
  });
});
