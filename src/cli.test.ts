/** The command line as a person runs it: what goes wrong is a sentence on standard error and a telling exit code. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";

let directory: string;
beforeEach(() => {
  directory = temporaryFolder();
});

async function kommutator(...words: string[]) {
  const cli = join(import.meta.dirname, "cli.ts");
  const child = spawn(process.execPath, [cli, ...words], { cwd: directory, env: { PATH: process.env["PATH"] } });
  const ended = once(child, "close");
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  return { code, out, err };
}

test("the sample file is one that is accepted, and prints again without its secrets", async () => {
  const sample = await kommutator("config", "--sample");
  expect(sample).toMatchObject({ code: 0, err: "" });
  await writeFile(join(directory, "kommutator.yaml"), sample.out);
  const printed = await kommutator("config");
  expect(printed.code).toBe(0);
  expect(printed.out).toContain('clientSecret: "***"');
  expect(printed.out).not.toContain("the-ami-password");
});

test("every mistake is a line, and the exit code says that starting again will not help", async () => {
  await writeFile(join(directory, "kommutator.yaml"), "http: { prot: 1 }");
  const { code, out, err } = await kommutator("serve");
  expect(code).toBe(78);
  expect(out).toBe("");
  expect(err).toMatch(/^refused: http\.publicUrl: want/);
  expect(err).toContain('refused: http.prot: no such setting, did you mean "port"?');
  expect(err).not.toContain("    at ");
});

test("no settings file is one sentence", async () => {
  expect((await kommutator("check")).err).toBe(
    "refused: the settings file kommutator.yaml is not there; name one with --config, or make one from: kommutator config --sample\n",
  );
});

test("the widget is written for the address in the settings; where it cannot be, that is said", async () => {
  await writeFile(join(directory, "kommutator.yaml"), (await kommutator("config", "--sample")).out);
  expect((await kommutator("widget", "--out", "widget.zip")).code).toBe(0);
  const archive = await readFile(join(directory, "widget.zip"));
  expect(archive.subarray(0, 2).toString()).toBe("PK");
  const refused = await kommutator("widget", "--out", "nowhere/widget.zip");
  expect(refused).toMatchObject({ code: 1, err: "kommutator: nowhere/widget.zip: it is not there; check the name\n" });
});
