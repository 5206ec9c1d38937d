import { expect, test } from "vitest";
import { account, call, pipelines, policyOf, rule } from "./company.testing.ts";
import { Rehearsal } from "./rehearsal.ts";

// Rules are called what their author likes, also what every JavaScript object has.
test.each(["the rule", "constructor", "__proto__"])('a rule named "%s" counts and takes turns as any other', (name) => {
  const task = { text: "Т", dueMinutes: 5, typeId: 1, responsible: ["round-robin"], closesItself: false } as const;
  const policy = policyOf({ ...rule({ anonymous: true }, { task }, [7, 8]), name });
  const rehearsal = new Rehearsal({ account, policy, pipelines, turns: new Map() });
  for (const id of ["one", "two", "three"]) {
    const given = { call: call({ id, client: null }), clients: [], clientKeys: [], openTasks: [], isUndecided: false };
    expect(rehearsal.take(given)).toMatchObject({ rule: name, does: ["add-task"] });
  }
  expect(Object.entries(rehearsal.sums.byRule)).toEqual([[name, 3]]);
});
