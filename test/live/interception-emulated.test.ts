import { describe } from "vitest";
import { quickCompany } from "../../emulators/pbx/testing/stand.ts";
import { RECIPES } from "../../src/pbx/recipes.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeInterception } from "./interception.ts";

const startPbx = () => startEmulatedPbx({ pace: 0.05, company: quickCompany(2) });

describe("interception on the PBX emulator, over interception-bridge", () => {
  describeInterception({ startPbx, recipe: RECIPES.mikopbx });
});

describe("interception on the PBX emulator, by PickupChan", () => {
  describeInterception({ startPbx, recipe: { ...RECIPES.mikopbx, fetch: "pick-up" } });
});
