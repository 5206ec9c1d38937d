/**
 * The settings of an installation: one described schema, read once from a YAML file and the environment.
 * The only reader of the environment. `docs/operating.md` and the sample file are made from this schema.
 */
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname, join } from "node:path";
import { isSupportedCountry } from "libphonenumber-js/max";
import { z } from "zod";
import { CRM_PATHS } from "../amocrm/paths.ts";
import { ASTERISK_FIELDS } from "../cdr/asterisk-row.ts";
import { ConfigMistakes, readConfig } from "../lib/config-reading.ts";
import { field } from "../lib/described-schema.ts";
import { isForbiddenAddress } from "../lib/peer-pool.ts";
import { NAME_PLACEHOLDERS } from "../recordings/named-file.ts";
import { MESSAGE_TYPES } from "../webhooks/webhook.ts";
import { refuseHopelessRules, ruleSettings } from "./rules.ts";

export const ENVIRONMENT_PREFIX = "KOMMUTATOR_";
/** Names the settings file for the command line; it is no setting itself. */
const CONFIG_FILE_VARIABLE = "KOMMUTATOR_CONFIG";
const DEFAULT_CONFIG_FILE = "kommutator.yaml";
/** By this name hosts and containers hand over a database; our own name for it goes before. */
const DATABASE_VARIABLE = "DATABASE_URL";

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/);
const wantId = "1 to 32 small Latin letters, digits and hyphens";
const text = z.string().trim().min(1).max(255);
const wantText = "a text of 1 to 255 characters";
/** amoCRM's are a kilobyte or so, and no length is promised. */
const token = z.string().trim().min(1).max(16_384);
const seconds = (least: number, most: number) => z.int().min(least).max(most);
const positive = z.int().min(1);
const digits = z.string().regex(/^[0-9*#+]{1,20}$/);

function isWebAddress(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
}

/** amoCRM's pages are https and load nothing else; plain http is for trying things out on one's own machine. */
function isSafeWebAddress(value: string): boolean {
  const url = URL.parse(value);
  return isWebAddress(value) && (url?.protocol === "https:" || isLoopback(url?.hostname ?? ""));
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

function isAddressRange(value: string): boolean {
  const [address = "", bits, ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function isNamePattern(value: string): boolean {
  const unknown = value.replace(new RegExp(`\\{(${NAME_PLACEHOLDERS.join("|")})\\}`, "g"), "");
  return value.includes("{name}") && !/[{}]|\.\./.test(unknown);
}

/** Where nobody but the machine or its cloud listens nothing is sent. */
function isReceiverAddress(value: string): boolean {
  const host = URL.parse(value)?.hostname.replace(/^\[|\]$/g, "") ?? "";
  return isSafeWebAddress(value) && !(isIP(host) !== 0 && isForbiddenAddress(host));
}

function isTimeZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false; // what Intl throws for an unknown zone
    throw error;
  }
}

function isDatabaseAddress(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1;
}

const withoutSlash = (value: string): string => value.replace(/\/+$/, "");

const safeAddress = z.string().refine(isSafeWebAddress).overwrite(withoutSlash);
const wantSafeAddress = "an https:// address (http:// only for this very machine)";

const keyHash = z.string().regex(/^[0-9a-f]{64}$/);
const wantKeyHash = "64 hexadecimal digits, as printed by: kommutator api-key";

const tls = z.strictObject({
  cert: field(text, {
    title: "Certificate file (PEM, with its chain)",
    want: "a file name",
    example: "/etc/kommutator/tls/fullchain.pem",
  }),
  key: field(text, {
    title: "Private key file (PEM)",
    want: "a file name",
    example: "/etc/kommutator/tls/privkey.pem",
  }),
});

const http = z.strictObject({
  host: field(text.default("127.0.0.1"), {
    title: "Address to listen on",
    want: "an address of this machine or its name",
    example: "0.0.0.0",
    description: "Anything but this machine itself needs `tls` or a proxy named in `trustedProxies`.",
  }),
  port: field(z.int().min(0).max(65535).default(8080), {
    title: "Port to listen on",
    want: "an integer from 0 to 65535 (0: any free one)",
    example: "8443",
  }),
  publicUrl: field(safeAddress, {
    title: "Address under which browsers and amoCRM reach the service",
    want: wantSafeAddress,
    example: "https://pbx.example.org",
    description: "It stands in the widget and in the recordings' links, so it should never change.",
  }),
  tls: tls.nullable().default(null),
  trustedProxies: field(z.array(z.string().refine(isAddressRange)).default([]), {
    title: "Reverse proxies whose X-Forwarded-For is believed",
    want: "IP addresses or ranges such as 10.0.0.0/8",
    example: "127.0.0.1",
  }),
  adminKeys: z
    .array(
      z.strictObject({
        name: field(text, { title: "Who may use the administrative API", want: wantText, example: "Ольга" }),
        hash: field(keyHash, { title: "Hash of his key", want: wantKeyHash, example: "0".repeat(64) }),
      }),
    )
    .nullable()
    .default(null),
  apiPerMinute: field(z.int().min(1).max(60_000).default(600), {
    title: "Requests that may be made to the API with one key in a minute",
    want: "an integer from 1 to 60000",
    example: "600",
  }),
  metricsToken: field(z.string().min(16).nullable().default(null), {
    title: "Token that lets other machines read /metrics",
    want: "at least 16 characters",
    example: "a-long-random-text",
    description: "Sent as `Authorization: Bearer …`. Without it only this machine may read them.",
    secret: true,
  }),
});

const autoAnswer = z.literal(["off", "call-info", "alert-info"]);
const wantAutoAnswer = "off, call-info or alert-info, whichever header the phone obeys";

const employee = z.strictObject({
  name: field(text, { title: "Name as colleagues see it", want: wantText, example: "Анна Кравцова" }),
  department: field(text.nullable().default(null), { title: "Department", want: wantText, example: "Отдел продаж" }),
  userId: field(positive.nullable().default(null), {
    title: "amoCRM user; empty when the extension belongs to nobody there",
    want: "the number of the user in amoCRM",
    example: "504141",
  }),
  extensions: field(z.array(digits).min(1), {
    title: "Internal numbers; the first is the desk phone that a click rings",
    want: "a list of numbers",
    example: "[201]",
  }),
  mobile: field(digits.nullable().default(null), {
    title: "His mobile, which he may have rung in the place of his desk phone",
    want: "digits",
    example: "79001234567",
    description: "Calls that the PBX makes to it for him count as his own, not as a client's.",
  }),
  line: field(digits.nullable().default(null), {
    title: "The line (DID) that clients see when he dials; empty: what the PBX chooses",
    want: "one of the account's lines",
    example: "74951112233",
  }),
  autoAnswer: field(autoAnswer.nullable().default(null), {
    title: "How his phone is asked to pick up by itself for a click-to-call; empty: as the PBX's setting says",
    want: wantAutoAnswer,
    example: "call-info",
  }),
  holds: field(z.boolean().default(true), {
    title: "His desk phone is asked to hold when he asks for it in the panel; phones that do not obey are found out",
    want: "true or false",
    example: "true",
  }),
  manager: field(z.boolean().default(false), {
    title: "Sees all calls and may command them",
    want: "true or false",
    example: "true",
  }),
  keyHashes: field(z.array(keyHash).default([]), {
    title: "Hashes of his keys to the API, with which his programs see and do what his panel does",
    want: `a list of ${wantKeyHash}`,
    example: `[${"0".repeat(64)}]`,
  }),
});

const line = z.strictObject({
  did: field(digits, {
    title: "Number that clients dial, as the PBX tells it",
    want: "digits",
    example: "74951112233",
  }),
  label: field(text.nullable().default(null), {
    title: "What the panel calls the line",
    want: wantText,
    example: "Реклама",
  }),
  pipelineId: field(positive.nullable().default(null), {
    title: "Pipeline for unsorted leads of this line; empty: the account's default",
    want: "the number of the pipeline in amoCRM",
    example: "3345",
  }),
});

const amocrm = z.strictObject({
  host: field(z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/), {
    title: "Host of the account's pages",
    want: "a host name without https://",
    example: "example.amocrm.ru",
  }),
  baseUrl: field(safeAddress.nullable().default(null), {
    title: "Address of the API when it differs from the host",
    want: wantSafeAddress,
    example: "https://example.amocrm.ru",
  }),
  accountId: field(positive.nullable().default(null), {
    title: "Number of the amoCRM account; a foreign account's users are then refused by it, too",
    want: "an integer above 0",
    example: "12345678",
  }),
  clientId: field(text.nullable(), {
    title:
      "Integration ID; null: an external integration, which amoCRM makes when somebody consents, without widget and panel",
    want: "the ID from the integration's «Ключи и доступы»",
    example: "b0c5f0a4-0000-4000-8000-000000000001",
  }),
  clientSecret: field(text.nullable(), {
    title: "Secret key of the integration; null beside a null ID",
    want: "the secret key from the integration's «Ключи и доступы»",
    example: "the-secret-key-of-the-integration",
    secret: true,
  }),
  redirectUrl: field(safeAddress.endsWith(CRM_PATHS.oauthReturn).nullable().default(null), {
    title: `Redirect URI as it stands in the integration; empty: publicUrl + ${CRM_PATHS.oauthReturn}`,
    want: `${wantSafeAddress} that ends in ${CRM_PATHS.oauthReturn}`,
    example: "https://pbx.example.org/amocrm/oauth",
  }),
  longLivedToken: field(token.nullable().default(null), {
    title: "Long-lived token, instead of the OAuth consent",
    want: "the token as amoCRM showed it",
    example: "eyJ0eXAiOiJKV1Qi…",
    secret: true,
  }),
});

const webhook = z.strictObject({
  id: field(id, { title: "Name of the receiver", want: wantId, example: "warehouse" }),
  url: field(z.string().refine(isReceiverAddress), {
    title: "Where the messages are sent; redirects are not followed",
    want: wantSafeAddress,
    example: "https://warehouse.example.org/calls",
  }),
  secret: field(z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/), {
    title: "Secret that signs the messages, shared with the receiver: echo whsec_$(openssl rand -base64 32)",
    want: "whsec_ and at least 24 bytes in base64",
    example: `whsec_${"A".repeat(43)}=`,
    secret: true,
  }),
  events: field(z.array(z.literal([...MESSAGE_TYPES])).default([...MESSAGE_TYPES]), {
    title: "What it is told of",
    want: `a list of ${MESSAGE_TYPES.join(", ")}`,
    example: "[call-ended, recording-ready]",
  }),
  keepHours: field(z.int().min(1).max(720).default(72), {
    title: "How long a message waits for a receiver that does not take it; then it is dropped, and the log says so",
    want: "an integer from 1 to 720",
    example: "72",
  }),
});

const wantExtension = "an extension";
const interception = z.strictObject({
  mode: field(z.literal(["off", "offer", "ring"]).default("offer"), {
    title:
      "What the responsible employee hears of his client's call at others: nothing, a card with Take, or his phone",
    want: "off, offer or ring",
    example: "ring",
  }),
  lines: z
    .array(
      field(text, {
        title: "A line (DID) whose callers ring the responsible employee; none: all lines",
        want: "a DID",
        example: "74951112233",
      }),
    )
    .default([]),
  optedOut: z
    .array(
      field(text, {
        title: "Extension of an employee who is never rung so",
        want: wantExtension,
        example: "203",
      }),
    )
    .default([]),
  deputies: z
    .array(
      z.strictObject({
        of: field(text, { title: "Extension of an employee who may be absent", want: wantExtension, example: "201" }),
        is: field(text, { title: "Extension of his deputy", want: wantExtension, example: "202" }),
      }),
    )
    .default([]),
});

const account = z.strictObject({
  id: field(id.default("main"), { title: "Our name for the account", want: wantId, example: "main" }),
  country: field(
    z
      .string()
      .refine((value) => isSupportedCountry(value))
      .default("RU"),
    { title: "Country that national phone numbers are read in", want: "two capital letters (ISO 3166)", example: "RU" },
  ),
  timeZone: field(z.string().refine(isTimeZone).default("Europe/Moscow"), {
    title: "Time zone of the account",
    want: "a name from the IANA list",
    example: "Europe/Moscow",
  }),
  language: field(z.literal(["ru", "en"]).default("ru"), {
    title: "Language of the panel",
    want: "ru or en",
    example: "ru",
  }),
  currency: field(
    z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default("RUB"),
    { title: "Currency of the deals", want: "three capital letters (ISO 4217)", example: "RUB" },
  ),
  listening: field(z.literal(["open", "guarded"]).default("open"), {
    title: "Who may hear recordings: whoever has the link, or users of amoCRM only, in its pages",
    want: "open or guarded",
    example: "guarded",
    description: "guarded: the widget lets a recording play; in amoCRM's mobile app, which has no widgets, none plays.",
  }),
  defaultPipelineId: field(positive.nullable().default(null), {
    title: "Pipeline for unsorted leads; empty: the account's main one",
    want: "the number of the pipeline in amoCRM",
    example: "3345",
  }),
  amocrm,
  employees: z.array(employee).default([]),
  lines: z.array(line).default([]),
  interception: interception.prefault({}),
  webhooks: z.array(webhook).nullable().default(null),
  ...ruleSettings,
});

const fingerprint = z.string().regex(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
const wantFingerprint = "32 pairs of hexadecimal digits in capitals, with colons";
const exampleFingerprint = Array.from({ length: 32 }, (_, at) =>
  (at * 7).toString(16).toUpperCase().padStart(2, "0"),
).join(":");

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

const recordings = z.strictObject({
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

const COLUMN = new RegExp(`^(${ASTERISK_FIELDS.join("|")})=([^=]{0,64})$`);

const records = z.strictObject({
  kind: field(z.literal(["none", "mikopbx-rest", "mysql", "postgres", "sqlite", "csv"]).default("none"), {
    title: "Where the PBX keeps its call records, from which calls are taken that nobody saw",
    want: "none, mikopbx-rest, mysql, postgres, sqlite or csv",
    example: "mikopbx-rest",
    description: "mikopbx-rest: MikoPBX 2026.1 and later. mysql: FreePBX and MariaDB too. csv: Asterisk's Master.csv.",
  }),
  timeZone: field(z.string().refine(isTimeZone).nullable().default(null), {
    title: "Time zone that the PBX writes its records in; empty: the account's",
    want: "a name from the IANA list",
    example: "Europe/Moscow",
  }),
  lateSeconds: field(seconds(0, 3600).default(300), {
    title: "How long after its end a call may still be written down (Asterisk's batches: 300)",
    want: "an integer from 0 to 3600",
    example: "300",
  }),
  url: field(safeAddress.nullable().default(null), {
    title: "Address of MikoPBX's web interface (mikopbx-rest)",
    want: wantSafeAddress,
    example: "https://192.168.1.10",
  }),
  apiKey: field(text.nullable().default(null), {
    title: "API key of MikoPBX that may read /api/v3/cdr (mikopbx-rest)",
    want: "the key as MikoPBX showed it",
    example: "the-api-key",
    secret: true,
  }),
  fingerprint256: field(fingerprint.nullable().default(null), {
    title: "SHA-256 fingerprint of MikoPBX's certificate; given, it alone decides (mikopbx-rest)",
    want: wantFingerprint,
    example: exampleFingerprint,
  }),
  caFile: field(text.nullable().default(null), {
    title: "Certificate (PEM) of the authority, or the server's own; with mysql and postgres: TLS is used",
    want: "a file name",
    example: "/etc/kommutator/pbx.pem",
  }),
  host: field(text.nullable().default(null), {
    title: "Host of the database (mysql, postgres)",
    want: "a host name or address",
    example: "192.168.1.10",
  }),
  port: field(z.int().min(1).max(65535).nullable().default(null), {
    title: "Port of the database; empty: 3306 or 5432",
    want: "an integer from 1 to 65535",
    example: "3306",
  }),
  user: field(text.nullable().default(null), {
    title: "Database user, who needs to read only",
    want: wantText,
    example: "kommutator",
  }),
  password: field(text.nullable().default(null), {
    title: "Password of the database user",
    want: "the password",
    example: "the-password",
    secret: true,
  }),
  database: field(text.default("asteriskcdrdb"), {
    title: "Database of the records (mysql, postgres)",
    want: wantText,
    example: "asteriskcdrdb",
  }),
  table: field(text.default("cdr"), { title: "Table of the records", want: wantText, example: "cdr" }),
  columns: field(z.array(z.string().regex(COLUMN)).default([]), {
    title:
      "Columns that are called otherwise than in FreePBX's table; with nothing after the = there is no such column",
    want: "a list of field=column with Asterisk's names of the fields",
    example: "[start=calldate, did=]",
  }),
  recording: field(
    text
      .regex(/\{(uniqueid|linkedid)\}/)
      .nullable()
      .default(null),
    {
      title: "Name of a call's recording below recordings.pbxDirectory, where the records do not tell it",
      want: "a name with {uniqueid} or {linkedid}; {year} {month} {day} {hour} are those of the call's begin",
      example: "{year}/{month}/{day}/{hour}/{uniqueid}.wav",
      description:
        "The channel's whose dialplan records: the client's when he calls, the employee's when he is called.",
    },
  ),
  file: field(text.nullable().default(null), {
    title: "File of the records as this machine sees it (sqlite, csv)",
    want: "a file name",
    example: "/mnt/pbx/cdr-csv/Master.csv",
  }),
});

/** What each kind of records cannot do without. */
const RECORDS_NEED = {
  none: [],
  "mikopbx-rest": ["url", "apiKey"],
  mysql: ["host", "user", "password"],
  postgres: ["host", "user", "password"],
  sqlite: ["file"],
  csv: ["file"],
} as const satisfies Record<z.output<typeof records>["kind"], readonly (keyof z.output<typeof records>)[]>;

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

const pbx = z.strictObject({
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
  recordings: recordings.prefault({}),
  records: records.prefault({}),
  timeouts: timeouts.prefault({}),
});

const settings = z.strictObject({
  http,
  store: z
    .strictObject({
      path: field(text.default("var/kommutator.db"), {
        title: "File of the store; other data stands beside it",
        want: "a file name",
        example: "/var/lib/kommutator/kommutator.db",
      }),
      databaseUrl: field(z.string().refine(isDatabaseAddress).nullable().default(null), {
        title: "PostgreSQL database (15 or newer) that is the store instead of that file",
        want: "postgres://user:password@host/database",
        example: "postgres://kommutator:the-password@127.0.0.1/kommutator",
        description: "The variable `DATABASE_URL` sets it, too. Over a network add `?sslmode=verify-full`.",
        secret: true,
      }),
    })
    .prefault({}),
  secrets: z
    .strictObject({
      key: field(
        z
          .string()
          .regex(/^[0-9a-f]{64}$/i)
          .nullable()
          .default(null),
        {
          title: "Key that encrypts the CRM's tokens and signs the links to recordings",
          want: "64 hexadecimal digits",
          example: "the output of: openssl rand -hex 32",
          secret: true,
        },
      ),
      keyFile: field(text.nullable().default(null), {
        title: "File that holds this key; empty: secret.key beside the store, made at the first start",
        want: "a file name",
        example: "/etc/kommutator/secret.key",
      }),
    })
    .prefault({}),
  recordings: z
    .strictObject({
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
    })
    .prefault({}),
  log: z
    .strictObject({
      level: field(z.literal(["debug", "info", "warn", "error"]).default("info"), {
        title: "The least weighty line that is written",
        want: "debug, info, warn or error",
        example: "info",
      }),
      format: field(z.literal(["text", "json"]).default("text"), {
        title: "Form of a line",
        want: "text or json",
        example: "json",
      }),
    })
    .prefault({}),
  accounts: z.array(account).min(1),
  pbx: z.array(pbx).min(1),
});

type Settings = z.output<typeof settings>;

/** The schema with the rules that concern more than one setting. */
export const configSchema = settings.superRefine((config, context) => {
  const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  if (!config.http.tls && config.http.trustedProxies.length === 0 && !isLoopback(config.http.host)) {
    refuse(["http", "host"], "127.0.0.1, or http.tls, or a proxy in http.trustedProxies, so that nobody reads along");
  }
  if (config.secrets.key !== null && config.secrets.keyFile !== null) {
    refuse(["secrets", "keyFile"], "either secrets.key or secrets.keyFile, not both");
  }
  refuseRepeated(
    config.accounts,
    (each) => [each.id],
    (at) => refuse(["accounts", at, "id"], "an id of its own"),
  );
  refuseRepeated(
    config.pbx,
    (each) => [each.id],
    (at) => refuse(["pbx", at, "id"], "an id of its own"),
  );
  const adminHashes = config.http.adminKeys?.map(({ hash }) => hash) ?? [];
  refuseRepeated(
    [adminHashes, ...config.accounts.map(({ employees }) => employees.flatMap(({ keyHashes }) => keyHashes))],
    (hashes) => hashes,
    (at) =>
      refuse(at === 0 ? ["http", "adminKeys"] : ["accounts", at - 1, "employees"], "a key of its own for everybody"),
  );
  for (const [at, each] of config.pbx.entries()) {
    const ids = config.accounts.map((candidate) => candidate.id);
    for (const key of RECORDS_NEED[each.records.kind]) {
      if (each.records[key] === null) refuse(["pbx", at, "records", key], `a value, for ${each.records.kind} needs it`);
    }
    for (const key of each.recordings.fromApi ? RECORDS_NEED["mikopbx-rest"] : []) {
      if (each.records[key] === null) refuse(["pbx", at, "records", key], "a value, for recordings.fromApi needs it");
    }
    if (!ids.includes(each.account)) refuse(["pbx", at, "account"], `the id of an account (${ids.join(", ")})`);
  }
  for (const [at, each] of config.accounts.entries()) {
    const of = (list: string, position: number, key: string) => ["accounts", at, list, position, key];
    const { employees, lines } = each;
    refuseRepeated(
      employees,
      (one) => one.extensions,
      (position) => refuse(of("employees", position, "extensions"), "extensions that belong to nobody else"),
    );
    refuseRepeated(
      employees,
      (one) => (one.userId === null ? [] : [String(one.userId)]),
      (position) => refuse(of("employees", position, "userId"), "a user that stands at no other employee"),
    );
    refuseRepeated(
      each.webhooks ?? [],
      (one) => [one.id],
      (position) => refuse(of("webhooks", position, "id"), "an id of its own"),
    );
    refuseRepeated(
      lines,
      (one) => [one.did],
      (position) => refuse(of("lines", position, "did"), "a number of its own"),
    );
    for (const [position, { line: chosen }] of employees.entries()) {
      if (chosen !== null && lines.every(({ did }) => did !== chosen)) {
        refuse(of("employees", position, "line"), "a number of the account's lines");
      }
    }
    if ((each.amocrm.clientId === null) !== (each.amocrm.clientSecret === null)) {
      refuse(["accounts", at, "amocrm", "clientSecret"], "a value when clientId has one, null when that is null");
    }
    refuseHopelessRules(each, (path, want) => refuse(["accounts", at, ...path], want));
  }
});

function refuseRepeated<T>(list: readonly T[], keysOf: (item: T) => readonly string[], refuse: (at: number) => void) {
  const seen = new Set<string>();
  for (const [at, item] of list.entries()) {
    const keys = keysOf(item);
    if (keys.some((key) => seen.has(key)) || new Set(keys).size < keys.length) refuse(at);
    for (const key of keys) seen.add(key);
  }
}

/** Checked, complete and frozen. Optional settings that were not written are null. */
export type Config = Readonly<Settings>;
export type AccountConfig = Config["accounts"][number];
export type PbxConfig = Config["pbx"][number];

/** @throws ConfigMistakes */
export function parseConfig(
  yaml: string,
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  return readConfig(configSchema, {
    name,
    yaml,
    environment: {
      [`${ENVIRONMENT_PREFIX}STORE__DATABASE_URL`]: environment[DATABASE_VARIABLE],
      ...environment,
    },
    prefix: ENVIRONMENT_PREFIX,
    notSettings: [CONFIG_FILE_VARIABLE],
  });
}

/**
 * Reads the settings file and the environment of this process.
 * @param file default: what KOMMUTATOR_CONFIG names, else kommutator.yaml here
 * @throws ConfigMistakes
 */
export async function loadConfig(file?: string): Promise<Config> {
  const name = file ?? process.env[CONFIG_FILE_VARIABLE] ?? DEFAULT_CONFIG_FILE;
  let yaml: string;
  try {
    yaml = await readFile(name, "utf8");
  } catch (error) {
    const reason =
      error instanceof Error && "code" in error && error.code === "ENOENT" ? "is not there" : "cannot be read";
    throw new ConfigMistakes([
      `refused: the settings file ${name} ${reason}; name one with --config, or make one from: kommutator config --sample`,
    ]);
  }
  return parseConfig(yaml, name, process.env);
}

/** The redirect URI that stands in the account's integration. */
export function redirectUrlOf(config: Config, one: AccountConfig): string {
  return one.amocrm.redirectUrl ?? `${config.http.publicUrl}${CRM_PATHS.oauthReturn}`;
}

/** By what amoCRM knows us; null: an external integration. */
export function integrationOf({ amocrm: { clientId, clientSecret } }: AccountConfig) {
  return clientId === null || clientSecret === null ? null : { clientId, clientSecret };
}

/** Where the API is. */
export function apiUrlOf(one: AccountConfig): string {
  return one.amocrm.baseUrl ?? `https://${one.amocrm.host}`;
}

/** Where the master key is kept when it is not written in the settings. */
export function keyFileOf(config: Config): string {
  return config.secrets.keyFile ?? join(dirname(config.store.path), "secret.key");
}
