/** Where the service keeps what must survive, and the key that seals the secrets in it. */
import { z } from "zod";
import { field } from "../lib/described-schema.ts";
import { text } from "./values.ts";

function isDatabaseAddress(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1;
}

export const store = z.strictObject({
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
});

export const secrets = z.strictObject({
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
});
