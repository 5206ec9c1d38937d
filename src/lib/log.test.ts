/** No line of log tells a client's number or a secret, whoever writes it. */
import { describe, expect, test } from "vitest";
import { createLog, maskNumber } from "./log.ts";

describe("a number is masked, an extension is not", () => {
  test.each([
    ["+79161234567", "+7916***4567"],
    ["8 (916) 123-45-67", "8916***4567"],
    ["4951234567", "49***67"],
    ["1234567", "***67"],
    ["12345", "12345"],
    ["201", "201"],
    ["anonymous", "anonymous"],
    ["", ""],
  ])("%s → %s", (number, masked) => {
    expect(maskNumber(number)).toBe(masked);
  });
});

function linesOf(format: "text" | "json", write: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  write(createLog({ level: "info", format }, { write: (line) => void lines.push(line.trimEnd()) }));
  return lines;
}

test("a line of text begins with whose fact it is", () => {
  const [line] = linesOf("text", (log) =>
    log.info({ from: "+74950000001", call: "1732435200.17", did: "+74951112233", to: ["201", "202"] }, "ringing"),
  );
  expect(line?.replace(/^\S+ /, "")).toBe(
    "info  call=1732435200.17 ringing from=+7495***0001 did=+74951112233 to=[201,202]",
  );
});

test("a value with spaces is quoted, a debug line is not written at level info", () => {
  const lines = linesOf("text", (log) => {
    log.debug("packet");
    log.warn({ pbx: "office", reason: "no answer" }, "link lost");
  });
  expect(lines.map((line) => line.replace(/^\S+ /, ""))).toEqual(['warn  pbx=office link lost reason="no answer"']);
});

test.each(["text", "json"] as const)("secrets do not get into %s", (format) => {
  const [line] = linesOf(format, (log) =>
    log
      .child({ session: "s3cr3t-1" })
      .info({ clientSecret: "s3cr3t-2", token: "s3cr3t-3", phone: "+79161234567" }, "x"),
  );
  expect(line).not.toContain("s3cr3t");
  expect(line).not.toContain("9161234567");
});

test("an error is one line, with where it happened", () => {
  const [line, ...more] = linesOf("text", (log) => log.error({ error: new Error("disk is full") }, "not kept"));
  expect(line).toMatch(/^\S+ error not kept error="disk is full at .*log\.test\.ts/);
  expect(more).toEqual([]);
});
