import { describeNeeding } from "../needs.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import { describeTransfers } from "./transfers.ts";

describeNeeding("asterisk", "handing over on a real Asterisk", () => {
  describeTransfers({
    startPbx: () => startAsteriskPbx({ consultationRingSeconds: 10 }),
  });
});
