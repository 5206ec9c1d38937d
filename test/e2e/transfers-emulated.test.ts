import { describeNeeding } from "../needs.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeTransfersInPanel } from "./transfers.ts";

describeNeeding("chromium", "handing over from the panel, on the PBX emulator", () => {
  describeTransfersInPanel(() => startEmulatedPbx());
});
