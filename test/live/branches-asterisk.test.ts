import { describeNeeding } from "../needs.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import { describeBranches } from "./branches.ts";

describeNeeding("asterisk", "every way a command can end, on a real Asterisk", () => {
  describeBranches(() => startAsteriskPbx({ consultationRingSeconds: 10 }), { outside: true });
});
