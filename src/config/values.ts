/** The kinds of values that settings of several subjects take; `want…` is what a mistake is told to be instead. */
import { z } from "zod";

export const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/);
export const wantId = "1 to 32 small Latin letters, digits and hyphens";
export const text = z.string().trim().min(1).max(255);
export const wantText = "a text of 1 to 255 characters";
/** amoCRM's are a kilobyte or so, and no length is promised. */
export const token = z.string().trim().min(1).max(16_384);
export const seconds = (least: number, most: number) => z.int().min(least).max(most);
export const positive = z.int().min(1);
export const digits = z.string().regex(/^[0-9*#+]{1,20}$/);

function isWebAddress(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
}

/** amoCRM's pages are https and load nothing else; plain http is for trying things out on one's own machine. */
export function isSafeWebAddress(value: string): boolean {
  const url = URL.parse(value);
  return isWebAddress(value) && (url?.protocol === "https:" || isLoopback(url?.hostname ?? ""));
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

export function isTimeZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false; // what Intl throws for an unknown zone
    throw error;
  }
}

const withoutSlash = (value: string): string => value.replace(/\/+$/, "");

export const safeAddress = z.string().refine(isSafeWebAddress).overwrite(withoutSlash);
export const wantSafeAddress = "an https:// address (http:// only for this very machine)";

export const keyHash = z.string().regex(/^[0-9a-f]{64}$/);
export const wantKeyHash = "64 hexadecimal digits, as printed by: kommutator api-key";

export const autoAnswer = z.literal(["off", "call-info", "alert-info"]);
export const wantAutoAnswer = "off, call-info or alert-info, whichever header the phone obeys";

export const fingerprint = z.string().regex(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
export const wantFingerprint = "32 pairs of hexadecimal digits in capitals, with colons";
export const exampleFingerprint = Array.from({ length: 32 }, (_, at) =>
  (at * 7).toString(16).toUpperCase().padStart(2, "0"),
).join(":");
