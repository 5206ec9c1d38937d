import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { seal, unseal } from "./seal.ts";

const key = randomBytes(32);

test("what is sealed opens with its key, for its owner, and never looks the same", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (owner, secret) => {
      expect(unseal(key, owner, seal(key, owner, secret))).toBe(secret);
    }),
  );
  expect(seal(key, "main", "secret")).not.toBe(seal(key, "main", "secret"));
});

test("it opens with no other key, for no other owner, and not when a byte was changed", () => {
  const sealed = seal(key, "main", "refresh-token");
  expect(sealed).not.toContain("refresh-token");
  expect(unseal(randomBytes(32), "main", sealed)).toBeUndefined();
  expect(unseal(key, "other", sealed)).toBeUndefined();
  for (let at = 3; at < sealed.length - 1; at++) {
    const changed = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
    expect(unseal(key, "main", changed)).toBeUndefined();
  }
  for (const junk of ["", "v1", "v1.", "v2.abc", "v1.YWJj"]) expect(unseal(key, "main", junk)).toBeUndefined();
});
