import { RECIPES } from "../../src/pbx/recipes.ts";
import { describeNeeding } from "../needs.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import { describeDialling } from "./dialling.ts";

describeNeeding("asterisk", "dialling on a real Asterisk, as MikoPBX is asked", () => {
  describeDialling({ startPbx: () => startAsteriskPbx(), recipe: RECIPES.mikopbx });
});

describeNeeding("asterisk", "dialling on a real Asterisk, as a plain one is asked", () => {
  const recipe = { ...RECIPES.asterisk, dial: { ...RECIPES.asterisk.dial, context: "all_peers" } };
  describeDialling({ startPbx: () => startAsteriskPbx(), recipe });
});
