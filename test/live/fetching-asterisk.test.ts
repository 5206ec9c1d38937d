import { RECIPES } from "../../src/pbx/recipes.ts";
import { describeNeeding } from "../needs.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import { describeFetching } from "./fetching.ts";

describeNeeding("asterisk", "fetching calls on a real Asterisk, over MikoPBX's interception-bridge", () => {
  describeFetching({ startPbx: () => startAsteriskPbx(), recipe: RECIPES.mikopbx });
});

describeNeeding("asterisk", "fetching calls on a real Asterisk, by PickupChan", () => {
  const recipe = {
    ...RECIPES.asterisk,
    dial: { ...RECIPES.asterisk.dial, context: "all_peers" },
    transferContext: "internal-transfer",
    ringContext: "internal",
  };
  describeFetching({ startPbx: () => startAsteriskPbx(), recipe });
});
