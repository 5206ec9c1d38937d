import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "vitest";
import type { CallJournal } from "../../src/calls/journal.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeBranches } from "./branches.ts";

/**
 * A disk that is slower than phones are: a ring, a refusal and what follows are told together; what is told is still
 * faster than a dialplan's busy tone.
 */
const slow: CallJournal = { append: () => sleep(100), liveCalls: async () => [] };

describe("every way a command can end, when changes are told late and many at once", () => {
  const startPbx = () => startEmulatedPbx({ pace: 0.15, consultationTimeoutMs: 10_000 });
  describeBranches(startPbx, { outside: false, journal: slow });
});
