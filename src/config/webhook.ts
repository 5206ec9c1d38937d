/** A receiver of webhooks: a program that is told of calls. */
import { isIP } from "node:net";
import { z } from "zod";
import { field } from "../lib/described-schema.ts";
import { isForbiddenAddress } from "../lib/peer-pool.ts";
import { MESSAGE_TYPES } from "../webhooks/webhook.ts";
import { id, isSafeWebAddress, wantId, wantSafeAddress } from "./values.ts";

/** Where nobody but the machine or its cloud listens nothing is sent. */
function isReceiverAddress(value: string): boolean {
  const host = URL.parse(value)?.hostname.replace(/^\[|\]$/g, "") ?? "";
  return isSafeWebAddress(value) && !(isIP(host) !== 0 && isForbiddenAddress(host));
}

export const webhook = z.strictObject({
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
