/** Where the recordings of a PBX are, and how long ours are kept. */
import { z } from "zod";
import { field } from "../lib/described-schema.ts";
import { NAME_PLACEHOLDERS } from "../recordings/named-file.ts";
import {
  exampleFingerprint,
  fingerprint,
  safeAddress,
  text,
  wantFingerprint,
  wantSafeAddress,
  wantText,
} from "./values.ts";

function isNamePattern(value: string): boolean {
  const unknown = value.replace(new RegExp(`\\{(${NAME_PLACEHOLDERS.join("|")})\\}`, "g"), "");
  return value.includes("{name}") && !/[{}]|\.\./.test(unknown);
}

/** Of one PBX. */
export const pbxRecordings = z.strictObject({
  localDirectory: field(text.nullable().default(null), {
    title: "Directory of the recordings as this machine sees it; empty: recordings are not read",
    want: "a directory",
    example: "/mnt/pbx/monitor",
  }),
  pbxDirectory: field(text.nullable().default(null), {
    title: "The same directory as the PBX names it; empty: what the profile says",
    want: "a directory",
    example: "/storage/usbdisk1/mikopbx/astspool/monitor",
  }),
  patterns: field(z.array(text.refine(isNamePattern)).default([]), {
    title: "Names of a recording below that directory, best first; none: what the profile says",
    want: "a list of names with {name}; {dir} is the folder that the PBX told, {year} {month} {day} {hour} are of the begin",
    example: '["{dir}/{name}.wav", "{year}/{month}/{day}/{name}.mp3"]',
  }),
  url: field(safeAddress.nullable().default(null), {
    title: "Address below which a web server gives the same directory; empty: none is asked",
    want: wantSafeAddress,
    example: "https://192.168.1.10/monitor",
    description: "Asked for what is not in `localDirectory`. Redirects are followed on this host only.",
  }),
  user: field(text.nullable().default(null), {
    title: "User at that web server (HTTP Basic)",
    want: wantText,
    example: "kommutator",
  }),
  password: field(text.nullable().default(null), {
    title: "Password of this user",
    want: "the password",
    example: "the-password",
    secret: true,
  }),
  fingerprint256: field(fingerprint.nullable().default(null), {
    title: "SHA-256 fingerprint of the web server's certificate; given, it alone decides",
    want: wantFingerprint,
    example: exampleFingerprint,
  }),
  caFile: field(text.nullable().default(null), {
    title: "Certificate (PEM) of the authority, or the web server's own",
    want: "a file name",
    example: "/etc/kommutator/pbx.pem",
  }),
  fromApi: field(z.boolean().default(false), {
    title: "What is found nowhere else is asked of MikoPBX's REST API, at records.url with records.apiKey",
    want: "true or false",
    example: "true",
    description: "MikoPBX 2026.1 and later. It makes mp3 of its recordings itself.",
  }),
});

/** Of all PBXs, as mp3 in the service's own keeping. */
export const keptRecordings = z.strictObject({
  cacheGigabytes: field(z.number().min(0.001).max(1_000_000).default(20), {
    title: "Room for the mp3 files, which lie beside the store",
    want: "a number from 0.001 to 1000000",
    example: "20",
    description: "An hour of talk takes 14 MB. What was heard longest ago makes room, if the PBX still has it.",
  }),
  keepDays: field(z.int().min(1).max(36_500).nullable().default(null), {
    title: "For how many days a recording may be heard; then it is erased here; empty: for ever",
    want: "an integer from 1 to 36500",
    example: "360",
  }),
});
