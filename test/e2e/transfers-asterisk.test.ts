import { describeNeeding } from "../needs.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import { describeTransfersInPanel } from "./transfers.ts";

describeNeeding(["asterisk", "chromium"], "handing over from the panel, on a real Asterisk", () => {
  describeTransfersInPanel(() => startAsteriskPbx({ consultationRingSeconds: 10 }));
});
