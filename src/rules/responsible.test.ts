// Who becomes responsible, by each strategy, and who when he is away.
import { describe, expect, test } from "vitest";
import { account, call, share } from "./company.testing.ts";
import { chooseResponsible, type NAMED_STRATEGIES, type ResponsibleContext, type Strategy } from "./responsible.ts";

const ANNA = 504141;
const BORIS = 504142;
const VERA = 504143;

const choose = (strategies: readonly Strategy[], of = call(), changes: Partial<ResponsibleContext> = {}) =>
  chooseResponsible(of, strategies, {
    account,
    absences: [],
    clientUserId: VERA,
    roundRobin: [ANNA, BORIS, VERA],
    turns: 0,
    ...changes,
  });

const employees = [
  share("201", "missed"),
  share("299", "missed"),
  share("205", "rejected"),
  share("205", "transferred-away"),
  share("210", "answered"),
  share("201", "answered"),
];

const NAMED = {
  "first-answered": BORIS,
  "last-answered": ANNA,
  "first-missed": ANNA,
  "last-missed": BORIS,
  client: VERA,
  "round-robin": ANNA,
} satisfies Readonly<Record<(typeof NAMED_STRATEGIES)[number], number>>;

test.each([...Object.entries(NAMED), ["77", 77] as const])("%s", (strategy, userId) => {
  expect(choose([strategy as Strategy], call({ employees })).userId).toBe(userId); // the table names strategies only
});

test("the first strategy that names somebody decides; where none does, nobody", () => {
  const nobody = call({ employees: [share("210", "answered")] });
  expect(choose(["first-missed", "last-answered", "client", "77"], nobody).userId).toBe(VERA);
  expect(choose(["first-missed", "last-answered"], nobody).userId).toBeNull();
  expect(choose([], nobody)).toEqual({ userId: null, tookTurn: false });
});

test("who was answered elsewhere has missed nothing", () => {
  expect(choose(["first-missed"], call({ employees: [share("201", "answered-elsewhere")] })).userId).toBeNull();
});

describe("in turn", () => {
  test("everybody, one after another", () => {
    const turns = [0, 1, 2, 3].map((at) => choose(["round-robin"], call(), { turns: at }));
    expect(turns.map(({ userId }) => userId)).toEqual([ANNA, BORIS, VERA, ANNA]);
    expect(turns.every(({ tookTurn }) => tookTurn)).toBe(true);
  });
  test("it costs nobody his turn when another strategy decides", () => {
    expect(choose(["client", "round-robin"])).toEqual({ userId: VERA, tookTurn: false });
  });
});

describe("who is away", () => {
  // The call is of 2025-07-04 in Moscow.
  const away = (userId: number, deputyId: number | null, from = "2025-07-01", to = "2025-07-04") => ({
    userId,
    deputyId,
    from,
    to,
  });
  test.each([
    ["is stood in for by his deputy", [away(VERA, BORIS)], BORIS],
    ["and by his deputy's deputy", [away(VERA, BORIS), away(BORIS, ANNA)], ANNA],
    ["by nobody, when all of them are away", [away(VERA, BORIS), away(BORIS, VERA)], null],
    ["by nobody, when he has no deputy", [away(VERA, null)], null],
    ["but not after his last day", [away(VERA, BORIS, "2025-07-01", "2025-07-03")], VERA],
  ])("%s", (_, absences, userId) => {
    expect(choose(["client"], call(), { absences }).userId).toBe(userId);
  });
  test("is passed over in the round", () => {
    const absences = [away(BORIS, ANNA)];
    const turns = [0, 1, 2].map((at) => choose(["round-robin"], call(), { turns: at, absences }).userId);
    expect(turns).toEqual([ANNA, VERA, ANNA]);
    expect(choose(["round-robin"], call(), { roundRobin: [BORIS], absences }).userId).toBeNull();
  });
});
