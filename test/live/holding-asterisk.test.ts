import { describeNeeding } from "../needs.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import { describeHolding } from "./holding.ts";

describeNeeding("asterisk", "hold and resume on a real Asterisk", () => describeHolding(() => startAsteriskPbx()));
