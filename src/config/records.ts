/** Where a PBX keeps its own call records. */
import { z } from "zod";
import { ASTERISK_FIELDS } from "../cdr/asterisk-row.ts";
import { field } from "../lib/described-schema.ts";
import {
  exampleFingerprint,
  fingerprint,
  isTimeZone,
  safeAddress,
  seconds,
  text,
  wantFingerprint,
  wantSafeAddress,
  wantText,
} from "./values.ts";

const COLUMN = new RegExp(`^(${ASTERISK_FIELDS.join("|")})=([^=]{0,64})$`);

export const records = z.strictObject({
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
export const RECORDS_NEED = {
  none: [],
  "mikopbx-rest": ["url", "apiKey"],
  mysql: ["host", "user", "password"],
  postgres: ["host", "user", "password"],
  sqlite: ["file"],
  csv: ["file"],
} as const satisfies Record<z.output<typeof records>["kind"], readonly (keyof z.output<typeof records>)[]>;
