/**
 * From the hang-up to the note in the CRM and to its recording in Chromium, on the PBX emulator and the practice CRM, five
 * calls at a time. Promise: p95 at most 3 s and 10 s.
 *
 *   script/bench notes [--calls N]
 */
import { parseArgs } from "node:util";
import { inWords, measureRecordings, NOTE_P95_MS, PLAY_P95_MS, share } from "../test/e2e/recordings.ts";

const { values } = parseArgs({ options: { calls: { type: "string", default: "200" } } });
const figures = await measureRecordings(Number(values.calls));
process.stdout.write(inWords(figures));
const isKept = share(figures.noteMs, 0.95) <= NOTE_P95_MS && share(figures.playMs, 0.95) <= PLAY_P95_MS;
process.exit(isKept ? 0 : 1);
