import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import type { CdrError } from "./cdr-error.ts";
import { CsvCdrSource } from "./csv-source.ts";
import { LocalTime } from "./local-time.ts";

/** As Asterisk 22 writes it, with the columns that are an option (`newcdrcolumns`). */
const line = (id: number, tail = ',"","pbx-1795868741.0","7"') =>
  `"","79003000001","201","route-to",""""" <79003000001>","PJSIP/provider-0000000${id}","PJSIP/201-0000000${id}","Dial","Local/201@internal-incoming,20,TtKkg","2026-11-28 15:25:41","2026-11-28 15:25:42","2026-11-28 15:25:44",3,2,"ANSWERED","DOCUMENTATION","pbx-1795868741.${id}",""${tail}\n`;

let path = "";
let refused: CdrError[] = [];
let source: CsvCdrSource;

beforeEach(() => {
  path = join(temporaryFolder(), "Master.csv");
  writeFileSync(path, line(0));
  refused = [];
  source = new CsvCdrSource({
    path,
    time: new LocalTime("Europe/Moscow"),
    lateMs: 0,
    onUnreadable: (error) => refused.push(error),
  });
});

/** Uniqueids of all that is there to read. */
async function drain(from: string): Promise<{ ids: string[]; next: string }> {
  const ids: string[] = [];
  let next = from;
  for (let more = true; more; ) {
    const page = await source.read(next);
    ids.push(...page.rows.map(({ uniqueid }) => uniqueid.replace("pbx-1795868741.", "")));
    ({ next, more } = page);
  }
  return { ids, next };
}

describe("Master.csv", () => {
  test("is read from where it ended; a record is read whole, in the PBX's zone", async () => {
    const end = await source.end();
    appendFileSync(path, line(1));
    const { rows, more } = await source.read(end);
    expect(more).toBe(false);
    expect(rows).toMatchObject([
      {
        mark: end,
        uniqueid: "pbx-1795868741.1",
        linkedid: "pbx-1795868741.0",
        startedAt: Date.parse("2026-11-28T12:25:41Z"),
        answeredAt: Date.parse("2026-11-28T12:25:42Z"),
        endedAt: Date.parse("2026-11-28T12:25:44Z"),
        from: "79003000001",
        channel: "PJSIP/provider-00000001",
        outcome: "answered",
      },
    ]);
  });

  test("without the optional columns has no linkedid", async () => {
    const end = await source.end();
    appendFileSync(path, line(1, ""));
    expect((await source.read(end)).rows).toMatchObject([{ uniqueid: "pbx-1795868741.1", linkedid: null }]);
  });

  test("a last line that is half written is read when it is whole", async () => {
    const end = await source.end();
    const [first, second] = [line(1).slice(0, 60), line(1).slice(60)];
    appendFileSync(path, first);
    const half = await drain(end);
    expect(half.ids).toEqual([]);
    appendFileSync(path, second);
    expect((await drain(half.next)).ids).toEqual(["1"]);
    // Whoever begins just then takes the line for one that is still to come.
    appendFileSync(path, first);
    const later = await source.end();
    appendFileSync(path, second);
    expect((await drain(later)).ids).toEqual(["1"]);
  });

  test("rotated by renaming is read to its end, then the new one from its beginning", async () => {
    const end = await source.end();
    appendFileSync(path, line(1));
    renameSync(path, `${path}.1`);
    const between = await drain(end);
    expect(between.ids).toEqual(["1"]);
    writeFileSync(path, line(2));
    expect((await drain(between.next)).ids).toEqual(["2"]);
    expect((await drain(end)).ids).toEqual(["1", "2"]);
  });

  test("rotated by copying and emptying is read on from its beginning", async () => {
    appendFileSync(path, line(1) + line(2));
    const end = await source.end();
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, line(3));
    expect((await drain(end)).ids).toEqual(["3"]);
  });

  test("that is deleted, or not there yet, is waited for", async () => {
    rmSync(path);
    const end = await source.end();
    expect(await drain(end)).toEqual({ ids: [], next: end });
    writeFileSync(path, line(1));
    expect((await drain(end)).ids).toEqual(["1"]);
  });

  test("of more than a page is read whole, each record once", async () => {
    const end = await source.end();
    for (let id = 0; id < 10; id++) appendFileSync(path, line(id).repeat(300));
    const { ids } = await drain(end);
    expect(ids).toHaveLength(3_000);
  });

  test("a line that is no record is counted and passed over", async () => {
    const end = await source.end();
    appendFileSync(path, `rubbish\n\n"a","b"\n${line(1)}`);
    expect((await drain(end)).ids).toEqual(["1"]);
    expect(refused.map(({ code }) => code)).toEqual(["cdr/unreadable", "cdr/unreadable"]);
    expect(refused.join()).not.toContain("rubbish");
  });

  test("in a folder that is not there is an error with the name", async () => {
    const elsewhere = new CsvCdrSource({
      path: "/nowhere/Master.csv",
      time: new LocalTime("UTC"),
      lateMs: 0,
      onUnreadable: () => {},
    });
    await expect(elsewhere.end()).rejects.toMatchObject({ code: "cdr/not-there" });
  });
});
