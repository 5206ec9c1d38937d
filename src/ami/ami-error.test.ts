import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AmiError, amiErrorCodes } from "./ami-error.ts";

test("the documentation's table has each code with its remedy, and no other", () => {
  const documentation = readFileSync("docs/protocols/ami.md", "utf8");
  const rows = [...documentation.matchAll(/^\| `(ami\/[a-z-]+)` \| (\w+) \|/gm)].map(([, code, remedy]) => [
    code,
    remedy,
  ]);
  expect(rows).toEqual(amiErrorCodes.map((code) => [code, new AmiError(code).remedy]));
});

test("the documentation names only captures that exist", () => {
  const documentation = readFileSync("docs/protocols/ami.md", "utf8");
  const captures = [...documentation.matchAll(/`([mns]?\d\d[a-z]?-[a-z0-9-]+)`/g)].map(([, name]) => name);
  expect(captures.length).toBeGreaterThan(0);
  for (const name of captures) expect(globSync(`test/captures/${name}/ami*.log{,.gz}`), name).not.toEqual([]);
});

test("an error says what to do and what is known", () => {
  const { message } = new AmiError("ami/unreachable", { host: "10.0.0.1", port: 5038, reason: "ECONNREFUSED" });
  expect(message).toBe(
    "ami/unreachable: cannot reach the PBX; check address and port, and that its firewall lets this machine in; host=10.0.0.1; port=5038; reason=ECONNREFUSED",
  );
});
