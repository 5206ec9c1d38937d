import { describeNeeding } from "../needs.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import { describeSpine } from "./spine.ts";

describeNeeding(["asterisk", "chromium"], "from the trunk to the client's card, on a real Asterisk", () => {
  describeSpine(() => startAsteriskPbx());
});
