/** What the manual tells receivers to do with a signature tells a genuine message from any other. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { signatureOf } from "../src/webhooks/receiver.ts";

type IsGenuine = (headers: Record<string, string>, body: string, secret: string) => boolean;

const SECRET = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
const BODY = '{"name":"Анна"}';

test.each(["ru", "en"])("the check that the %s manual gives", async (language) => {
  const page = await readFile(new URL(`../docs/manual/${language}/programs.md`, import.meta.url), "utf8");
  const [, code = ""] = /```js\n(.*?)```/s.exec(page) ?? [];
  const { isGenuine }: { isGenuine: IsGenuine } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const signed = (at: number, secret = SECRET) => {
    const timestamp = Math.floor(at / 1000);
    const signature = signatureOf(secret, "msg_1", timestamp, BODY);
    return { "webhook-id": "msg_1", "webhook-timestamp": String(timestamp), "webhook-signature": signature };
  };
  const now = Date.now();
  expect(isGenuine(signed(now), BODY, SECRET)).toBe(true);
  expect(
    isGenuine({ ...signed(now), "webhook-signature": `v1,AAAA ${signed(now)["webhook-signature"]}` }, BODY, SECRET),
  ).toBe(true);
  expect(isGenuine(signed(now), `${BODY} `, SECRET)).toBe(false);
  expect(isGenuine(signed(now, `whsec_${Buffer.alloc(32).toString("base64")}`), BODY, SECRET)).toBe(false);
  expect(isGenuine(signed(now - 600_000), BODY, SECRET)).toBe(false);
  expect(isGenuine({ ...signed(now), "webhook-id": "msg_2" }, BODY, SECRET)).toBe(false);
  expect(isGenuine({ ...signed(now), "webhook-signature": "" }, BODY, SECRET)).toBe(false);
});
