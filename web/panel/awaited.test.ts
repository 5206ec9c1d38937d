import { expect, test } from "vitest";
import type { Colleague } from "../../src/panel/protocol.ts";
import { aColleague } from "../testing/views.ts";
import { mayBeAwaited, noteFree, toggleAwaited } from "./awaited.ts";

const are = (presence: Colleague["presence"]) => new Map([["212", aColleague("212", "Пётр Лебедев", { presence })]]);

test("whoever is busy can be waited for; who is free, or not here, cannot", () => {
  const busy = (["free", "ringing", "talking", "hold", "busy", "dnd", "offline", "unknown"] as const).filter(
    (presence) => mayBeAwaited(aColleague("212", "Пётр Лебедев", { presence })),
  );
  expect(busy).toEqual(["ringing", "talking", "hold", "busy", "dnd"]);
});

test("asked once he is waited for, asked twice he is not", () => {
  const once = toggleAwaited([], "212", "Пётр Лебедев");
  expect(once).toEqual([{ extension: "212", name: "Пётр Лебедев", isFree: false }]);
  expect(toggleAwaited(once, "212", "Пётр Лебедев")).toEqual([]);
});

test("he is told of when he is free, and waited for again when he is busy again", () => {
  const awaited = toggleAwaited([], "212", "Пётр Лебедев");
  expect(noteFree(awaited, are("talking"))).toMatchObject([{ isFree: false }]);
  const free = noteFree(awaited, are("free"));
  expect(free).toMatchObject([{ isFree: true }]);
  expect(noteFree(free, are("ringing"))).toMatchObject([{ isFree: false }]);
  expect(noteFree(free, new Map())).toMatchObject([{ isFree: false }]); // not one of the company any more
});
