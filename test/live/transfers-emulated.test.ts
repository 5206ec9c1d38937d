import { describe } from "vitest";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeTransfers } from "./transfers.ts";

describe("handing over on the PBX emulator", () => {
  describeTransfers({
    startPbx: async () => {
      const pbx = await startEmulatedPbx({ pace: 0.05, consultationTimeoutMs: 10_000 });
      pbx.emulator.phone("206").setRegistered(false);
      return pbx;
    },
  });
});
