import { describe, expect, test } from "vitest";
import { DEFAULT_USER } from "../../emulators/pbx/pbx.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeHolding } from "./holding.ts";
import { Office } from "./office.ts";

const mayNotify = { ...DEFAULT_USER, write: [...DEFAULT_USER.write, "system" as const] };

describe("hold and resume on the PBX emulator", () => {
  describeHolding(() => startEmulatedPbx({ pace: 0.05, users: [mayNotify] }));

  test("an account without the right is not offered it", async () => {
    await using pbx = await startEmulatedPbx({ pace: 0.05 });
    await using office = await Office.open({ ami: pbx.ami });
    expect(office.abilities?.hold).toBe(false);
  });
});
