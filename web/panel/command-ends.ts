/** What of a command's end the person must be told. Pure. */
import type { CommandEnd } from "../live/commands.ts";
import type { Asked, Failure } from "./panel-state.ts";

/** null: it was done, or cancelled by the person himself. */
export function failureOf(end: CommandEnd): Failure | null {
  switch (end.state) {
    case "done":
    case "warned": // only a dial is
      return null;
    case "refused":
      return end.reason === "cancelled" ? null : end.reason;
    case "timed-out":
    case "not-sent":
      return end.state;
  }
}

/** What the person wanted is so already, or the calls themselves tell it: "Мария не берёт", "Говорит Игорь". */
export function isNoNews(kind: Asked["kind"], failure: Failure): boolean {
  switch (kind) {
    case "hang-up":
      return failure === "no-such-call" || failure === "already-running";
    case "open-client":
      return failure === "already-running";
    case "take":
      return failure === "answered-elsewhere";
    case "blind-transfer":
    case "attended-transfer":
      return failure === "target-busy" || failure === "target-refused" || failure === "target-no-answer";
    default:
      return false;
  }
}
