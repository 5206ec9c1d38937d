import { describe } from "vitest";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeBranches } from "./branches.ts";

describe("every way a command can end, on the PBX emulator", () => {
  describeBranches(() => startEmulatedPbx({ pace: 0.05, consultationTimeoutMs: 10_000 }), { outside: false });
});
