import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "vitest";
import type { CallJournal } from "../../src/calls/journal.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeBranches } from "./branches.ts";

const startPbx = () => startEmulatedPbx({ pace: 0.05, consultationTimeoutMs: 10_000 });

describe("every way a command can end, on the PBX emulator", () => {
  describeBranches(startPbx, { outside: false });
});

/** A disk that is slower than phones are: a ring, a refusal and what follows are told together. */
const slow: CallJournal = { append: () => sleep(150), liveCalls: async () => [] };

describe("every way a command can end, when changes are told late and many at once", () => {
  describeBranches(startPbx, { outside: false, journal: slow });
});
