/**
 * amoCRM's webhooks: unsigned, in any order, repeated, and to be answered within two seconds. So a webhook is believed
 * only that something happened to an entity; what, the CRM itself is asked later. Who knows the secret path may say so.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IndexPart } from "../clients/client-index.ts";
import { type Form, readPhpForm } from "./php-form.ts";

/** What the index lives on. Codes of unsorted leads are not in amoCRM's list, so they are understood but not asked for. */
export const WEBHOOK_EVENTS = [
  ...["contact", "company", "lead"].flatMap((entity) =>
    ["add", "update", "delete", "restore", "responsible"].map((action) => `${action}_${entity}`),
  ),
  "status_lead",
] as const;

export interface WebhookSink {
  hint(part: IndexPart, id: number): void;
  /** Unsorted leads that somebody declined. */
  declined(leadIds: readonly number[]): Promise<void>;
}

/** The secret part of the path, always the same for an account. @param key 32 bytes made for this purpose */
export function webhookSecret(key: Uint8Array, account: string): string {
  return createHmac("sha256", key).update(account).digest("base64url");
}

export function isSame(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Does the little that must be done at once. Unknown kinds of events are no fault: amoCRM sends what an account asked for. */
export async function takeWebhook(body: string, sink: WebhookSink): Promise<void> {
  const form = readPhpForm(body);
  for (const { group, fields } of eventsOf(form)) {
    const id = readId(fields["id"]);
    if (group === "contacts" && id !== undefined) {
      // Companies come as contacts with a type; where it is missing, both are asked.
      if (fields["type"] !== "company") sink.hint("contacts", id);
      if (fields["type"] !== "contact") sink.hint("companies", id);
    } else if (group === "leads" && id !== undefined) {
      sink.hint("leads", id);
    } else if (group === "unsorted") {
      for (const lead of readIds(fields["accept_result"], "leads")) sink.hint("leads", lead);
      for (const contact of readIds(fields["accept_result"], "contacts")) sink.hint("contacts", contact);
      await sink.declined(readIds(fields["decline_result"], "leads"));
    }
  }
}

/** `{entity}[{action}][{n}][field]` */
function* eventsOf(form: Form): Generator<{ group: string; fields: Form }> {
  for (const [group, actions] of Object.entries(form)) {
    if (typeof actions === "string" || group === "account") continue;
    for (const numbered of Object.values(actions)) {
      if (typeof numbered === "string") continue;
      for (const fields of Object.values(numbered)) if (typeof fields !== "string") yield { group, fields };
    }
  }
}

function readIds(result: string | Form | undefined, group: string): number[] {
  const ids = typeof result === "object" ? result[group] : undefined;
  return typeof ids === "object" ? Object.values(ids).flatMap((id) => readId(id) ?? []) : [];
}

function readId(value: string | Form | undefined): number | undefined {
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
