/** One PBX: how it is reached, and what is particular to it. */
import { z } from "zod";
import { field } from "../lib/described-schema.ts";
import { pbxRecordings } from "./recordings.ts";
import { records } from "./records.ts";
import {
  autoAnswer,
  exampleFingerprint,
  fingerprint,
  id,
  seconds,
  text,
  wantAutoAnswer,
  wantFingerprint,
  wantId,
  wantText,
} from "./values.ts";

const amiTls = z.strictObject({
  caFile: field(text.nullable().default(null), {
    title: "Certificate (PEM) of the authority, or the PBX's own; empty: the system's authorities",
    want: "a file name",
    example: "/etc/kommutator/pbx.pem",
  }),
  fingerprint256: field(fingerprint.nullable().default(null), {
    title: "SHA-256 fingerprint of the PBX's certificate; given, it alone decides",
    want: wantFingerprint,
    example: exampleFingerprint,
  }),
});

const ami = z.strictObject({
  host: field(text, { title: "Host of the PBX", want: "a host name or address", example: "192.168.1.10" }),
  port: field(z.int().min(1).max(65535).default(5038), {
    title: "AMI port",
    want: "an integer from 1 to 65535",
    example: "5038",
  }),
  tls: amiTls.nullable().default(null),
  username: field(text, { title: "AMI user", want: wantText, example: "kommutator" }),
  secret: field(text, {
    title: "AMI password",
    want: "the AMI user's password",
    example: "the-ami-password",
    secret: true,
  }),
});

const timeouts = z.strictObject({
  actionSeconds: field(seconds(1, 60).default(10), {
    title: "How long the PBX may take to answer an action",
    want: "an integer from 1 to 60",
    example: "10",
  }),
  pingSeconds: field(seconds(1, 300).default(15), {
    title: "How often a quiet link is tried",
    want: "an integer from 1 to 300",
    example: "15",
  }),
  ringSeconds: field(seconds(5, 300).default(30), {
    title: "How long the employee's own phone rings at a click",
    want: "an integer from 5 to 300",
    example: "30",
  }),
});

const context = (told: { readonly title: string; readonly example: string }) =>
  field(
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,79}$/)
      .nullable()
      .default(null),
    { ...told, want: "the name of a context" },
  );

export const pbx = z.strictObject({
  id: field(id.default("pbx"), { title: "Our name for the PBX", want: wantId, example: "office" }),
  account: field(id.default("main"), { title: "The account whose calls these are", want: wantId, example: "main" }),
  profile: field(z.literal(["mikopbx", "freepbx", "asterisk"]), {
    title: "Kind of the PBX",
    want: "mikopbx, freepbx or asterisk",
    example: "mikopbx",
  }),
  dialContext: context({
    title: "Dialplan context in which employees dial; empty: what the profile says",
    example: "from-internal",
  }),
  transferContext: context({
    title: "Dialplan context of the numbers that a call can be handed over to; empty: what the profile says",
    example: "from-internal-xfer",
  }),
  ringContext: context({
    title: "Dialplan context that rings an employee by his extension; empty: what the profile says",
    example: "from-internal",
  }),
  autoAnswer: field(autoAnswer.default("off"), {
    title: "How own phones are asked to pick up by themselves at a click; only phones that obey the header do",
    want: wantAutoAnswer,
    example: "call-info",
  }),
  guardMinutes: field(z.int().min(0).max(1440).default(15), {
    title: "For how long after a colleague's talk a click on the same number asks first; 0: only while he talks",
    want: "an integer from 0 to 1440",
    example: "15",
  }),
  ami,
  recordings: pbxRecordings.prefault({}),
  records: records.prefault({}),
  timeouts: timeouts.prefault({}),
});
