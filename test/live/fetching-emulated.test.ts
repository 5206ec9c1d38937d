import { describe } from "vitest";
import { RECIPES } from "../../src/pbx/recipes.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeFetching } from "./fetching.ts";

describe("fetching calls on the PBX emulator, over interception-bridge", () => {
  describeFetching({
    startPbx: () => startEmulatedPbx({ pace: 0.05 }),
    recipe: RECIPES.mikopbx,
    keepsClientInRaces: false,
  });
});

describe("fetching calls on the PBX emulator, by PickupChan", () => {
  const recipe = { ...RECIPES.mikopbx, fetch: "pick-up" as const };
  describeFetching({ startPbx: () => startEmulatedPbx({ pace: 0.05 }), recipe });
});
