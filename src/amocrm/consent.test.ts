import { expect, test } from "vitest";
import { consentUrl, externalButton, isOurState, isSignedDisabling, makeState } from "./consent.ts";

const KEY = new Uint8Array(32).fill(3);
const at = (now: number) => ({ now: () => now });

test("the disabling message is believed only with its signature", () => {
  // A vector that was worked out by hand from amoCRM's description.
  const clientId = "00000000-0000-4000-8000-000000000001";
  const signature = "6ac2dc06dd9bf6e9b8e2ec64f6cfb6828e8896de37381aac0dd5a70a985b6700";
  const query = (fields: Record<string, string>) =>
    new URLSearchParams({ account_id: "12345678", signature, ...fields });
  const isSigned = (of: URLSearchParams) => isSignedDisabling(of, clientId, "s3cr3t");
  expect(isSigned(query({ client_uuid: clientId }))).toBe(true);
  expect(isSigned(query({ client_id: clientId }))).toBe(true);
  expect(isSigned(query({ client_uuid: clientId, account_id: "12345679" }))).toBe(false);
  expect(isSigned(query({ client_uuid: "other" }))).toBe(false);
  expect(isSigned(query({ client_uuid: clientId, signature: "" }))).toBe(false);
  expect(isSigned(new URLSearchParams())).toBe(false);
});

test("a state is ours for twenty minutes and for its account", () => {
  const state = makeState(KEY, "main", at(1_000_000));
  expect(isOurState(KEY, "main", state, at(1_000_000 + 20 * 60_000))).toBe(true);
  expect(isOurState(KEY, "main", state, at(1_000_001 + 20 * 60_000))).toBe(false);
  expect(isOurState(KEY, "other", state, at(1_000_000))).toBe(false);
  expect(isOurState(KEY, "main", `${state}x`, at(1_000_000))).toBe(false);
  for (const junk of ["", ".", "..", "a.b.c"]) expect(isOurState(KEY, "main", junk, at(0))).toBe(false);
});

test.each([
  ["https://example.amocrm.ru", "https://www.amocrm.ru/oauth"],
  ["https://example.kommo.com", "https://www.kommo.com/oauth"],
  ["https://example.amocrm.com", "https://www.kommo.com/oauth"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080/oauth"],
  ["https://amocrm.ru.example.org", "https://amocrm.ru.example.org/oauth"],
])("consent for %s is asked at %s", (account, expected) => {
  const url = new URL(consentUrl(account, "id", "a+b"));
  expect(url.origin + url.pathname).toBe(expected);
  expect(Object.fromEntries(url.searchParams)).toEqual({ client_id: "id", state: "a+b", mode: "popup" });
});

test.each([
  ["https://example.amocrm.ru", "https://www.amocrm.ru", "amocrm_oauth"],
  ["https://example.kommo.com", "https://www.kommo.com", "kommo_oauth"],
])("the button of an external integration for %s is that product's", (accountUrl, origin, kind) => {
  const { html, scripts } = externalButton(
    { accountUrl, redirectUrl: "https://pbx.example.org/r", secretsUrl: "https://pbx.example.org/s", state: '"><' },
    "Подключить",
  );
  expect(scripts).toBe(origin);
  expect(html).toContain(`<script class="${kind}"`);
  expect(html).toContain(`src="${origin}/auth/button.min.js"`);
  expect(html).toContain('data-secrets_uri="https://pbx.example.org/s"');
  expect(html).toContain('data-state="&#34;&#62;&#60;"');
});
