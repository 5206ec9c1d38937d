import { describeNeeding } from "../needs.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeSpine } from "./spine.ts";

describeNeeding("chromium", "from the trunk to the client's card, on the PBX emulator", () => {
  describeSpine(() => startEmulatedPbx());
});
