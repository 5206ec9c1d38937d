import { RECIPES } from "../../src/pbx/recipes.ts";
import { describeNeeding } from "../needs.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import { describeInterception } from "./interception.ts";

const startPbx = () => startAsteriskPbx({ ringSeconds: { first: 5 } });

describeNeeding("asterisk", "interception on a real Asterisk, over MikoPBX's interception-bridge", () => {
  describeInterception({ startPbx, recipe: RECIPES.mikopbx });
});

describeNeeding("asterisk", "interception on a real Asterisk, by PickupChan", () => {
  describeInterception({ startPbx, recipe: { ...RECIPES.mikopbx, fetch: "pick-up" } });
});
