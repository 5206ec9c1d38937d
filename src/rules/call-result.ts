/** How a call ended, in the words that rules ask with. Pure. */
import type { Call } from "../calls/call.ts";
import { isWorking, type WorkingHours } from "./working-hours.ts";

/**
 * The first five are the call's own dispositions, of either direction; an inbound `missed` one may be more than that.
 * `not-answered`: anything but answered · `abandoned-in-queue`: left a queue by himself · `out-of-hours`: came when
 * nobody works, and nobody answered · `voicemail`: came to the voicemail, whether or not anything was said there ·
 * `menu-only`: no phone ever rang, and it came to no queue and no voicemail.
 */
export const CALL_RESULTS = [
  "answered",
  "missed",
  "busy",
  "failed",
  "cancelled",
  "not-answered",
  "abandoned-in-queue",
  "out-of-hours",
  "voicemail",
  "menu-only",
] as const;
export type CallResult = (typeof CALL_RESULTS)[number];

/** Everything that is true of it; nothing while it lives. */
export function resultsOf(call: Call, hours: WorkingHours, timeZone: string): ReadonlySet<CallResult> {
  const results = new Set<CallResult>();
  if (call.disposition === null) return results;
  results.add(call.disposition);
  if (call.disposition === "answered") return results;
  results.add("not-answered");
  if (call.direction !== "inbound") return results;
  const rang = call.employees.length > 0;
  if (call.queue !== null && call.endedBy === "client") results.add("abandoned-in-queue");
  if (!isWorking(hours, timeZone, call.startedAt)) results.add("out-of-hours");
  const wasInVoicemail = call.voicemail === true;
  if (wasInVoicemail) results.add("voicemail");
  if (!rang && call.queue === null && !wasInVoicemail) results.add("menu-only");
  return results;
}
