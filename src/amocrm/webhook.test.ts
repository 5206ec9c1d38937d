// A webhook is a hint: whatever comes in, nothing throws, nothing is believed but that something happened.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { IndexPart } from "../clients/client-index.ts";
import { readPhpForm } from "./php-form.ts";
import { takeWebhook, webhookSecret } from "./webhook.ts";

async function take(body: string) {
  const hints: [IndexPart, number][] = [];
  const declined: number[] = [];
  await takeWebhook(body, {
    hint: (part, id) => hints.push([part, id]),
    declined: async (ids) => void declined.push(...ids),
  });
  return { hints, declined };
}

test.each([
  ["contacts[add][0][id]=10952709&contacts[add][0][type]=contact&account[id]=1", [["contacts", 10952709]]],
  ["contacts[update][0][id]=5&contacts[update][0][type]=company", [["companies", 5]]],
  [
    "contacts[delete][0][id]=5",
    [
      ["contacts", 5],
      ["companies", 5],
    ],
  ],
  ["leads[status][0][id]=7&leads[status][0][status_id]=142&account[subdomain]=example", [["leads", 7]]],
  [
    "leads[add][0][id]=7&leads[add][1][id]=8",
    [
      ["leads", 7],
      ["leads", 8],
    ],
  ],
  ["task[add][0][id]=7", []],
  ["leads[add][0][id]=seven&leads[add]=8", []],
])("%s", async (body, hints) => {
  expect((await take(body)).hints).toEqual(hints);
});

test("an unsorted lead that was declined is told; what was accepted is looked at", async () => {
  const decline = "unsorted[delete][0][action]=decline&unsorted[delete][0][decline_result][leads][]=70";
  expect(await take(decline)).toEqual({ hints: [], declined: [70] });
  const accept =
    "unsorted[delete][0][action]=accept&unsorted[delete][0][accept_result][leads][0]=70&unsorted[delete][0][accept_result][contacts][0]=80";
  expect(await take(accept)).toEqual({
    hints: [
      ["leads", 70],
      ["contacts", 80],
    ],
    declined: [],
  });
});

test("a form keeps its nesting, and no name reaches an object's own", () => {
  const form = readPhpForm("a[b][0][c]=1&a[b][1][c]=%D0%B4&x=y&__proto__[polluted]=1&constructor[prototype][p]=1");
  expect(form["x"]).toBe("y");
  expect(JSON.stringify(form["a"])).toBe('{"b":{"0":{"c":"1"},"1":{"c":"д"}}}');
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("any body is taken without throwing", async () => {
  const name = fc.stringMatching(/^(leads|contacts|unsorted|account)(\[(add|0|id|type|accept_result|)\]){0,14}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, fc.string())), fc.string(), async (fields, junk) => {
      const { hints } = await take(`${new URLSearchParams(fields)}&${junk}`);
      for (const [, id] of hints) expect(Number.isSafeInteger(id)).toBe(true);
    }),
  );
});

test("the secret differs by account and by key", () => {
  const [one, other] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
  const secrets = [webhookSecret(one, "a"), webhookSecret(one, "b"), webhookSecret(other, "a")];
  expect(new Set(secrets).size).toBe(3);
});

test("a name of nothing but brackets is read as fast as any other", () => {
  expect(Object.keys(readPhpForm(`${"[".repeat(1_000_000)}=1&a=2`))).toEqual(["", "a"]);
});
