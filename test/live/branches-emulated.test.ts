import { describe } from "vitest";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeBranches } from "./branches.ts";

describe("every way a command can end, on the PBX emulator", () => {
  const startPbx = () => startEmulatedPbx({ pace: 0.05, consultationTimeoutMs: 10_000 });
  describeBranches(startPbx, { outside: false });
});
