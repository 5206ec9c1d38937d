/** How browsers, amoCRM and programs reach the service. */
import { isIP } from "node:net";
import { z } from "zod";
import { field } from "../lib/described-schema.ts";
import { keyHash, safeAddress, text, wantKeyHash, wantSafeAddress, wantText } from "./values.ts";

function isAddressRange(value: string): boolean {
  const [address = "", bits, ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

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

export const http = z.strictObject({
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
