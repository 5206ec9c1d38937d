import { describe } from "vitest";
import { RECIPES } from "../../src/pbx/recipes.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeDialling } from "./dialling.ts";

describe("dialling on the PBX emulator, as MikoPBX is asked", () => {
  describeDialling({ startPbx: () => startEmulatedPbx({ pace: 0.05 }), recipe: RECIPES.mikopbx });
});

describe("dialling on the PBX emulator, as a plain Asterisk is asked", () => {
  const recipe = { ...RECIPES.asterisk, dial: { ...RECIPES.asterisk.dial, context: "all_peers" } };
  describeDialling({ startPbx: () => startEmulatedPbx({ style: "asterisk", pace: 0.05 }), recipe });
});
