import { expect, test } from "vitest";
import { AmiPacket } from "../ami/packet.ts";
import { readFact } from "./facts.ts";

const hangupRequest = (state: string, cause: string) =>
  new AmiPacket(
    [
      "Event: HangupRequest",
      "Channel: PJSIP/provider-00000015",
      "Uniqueid: 1.83",
      "Linkedid: 1.83",
      `ChannelState: ${state}`,
      `Cause: ${cause}`,
    ].join("\r\n"),
  );

test.each([
  ["a caller gives up while it rings", "4", "127", "hangup-requested"],
  ["somebody hangs up in a talk", "6", "16", "hangup-requested"],
  ["the called phone says that it is busy", "5", "17", "hangup-requested"],
  ["a caller lets go because he was told busy", "7", "17", undefined],
  ["he does so before his state tells it", "4", "17", undefined],
])("%s", (_, state, cause, type) => {
  expect(readFact(hangupRequest(state, cause), 0)?.type).toBe(type);
});
