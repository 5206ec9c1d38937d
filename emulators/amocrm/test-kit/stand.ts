/** What the tests of the stand share: a running one, an integration with a token, and plain requests. */
import { type StandClock, startClock } from "../clock.ts";
import { type AmocrmEmulator, startAmocrm } from "../server.ts";
import { smallCompany } from "../small-company.ts";

export const CLIENT_ID = "00000000-0000-4000-8000-000000000001";
export const SECRET = "s3cr3t";
export const REDIRECT = "http://127.0.0.1:9/amocrm/callback";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any shape and says itself what it expects
  readonly json: any;
}

export interface TestStand extends AmocrmEmulator {
  readonly clock: StandClock;
  readonly token: string;
  /** With the integration's token, JSON in and out. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** With nothing but what is given. */
  raw(path: string, init?: RequestInit): Promise<Answer>;
}

/** A stand with the small company; without a limit of requests unless a test is about it. */
export async function startTestStand(realNow?: () => number): Promise<TestStand> {
  const clock = startClock(realNow);
  const stand = await startAmocrm({ port: 0, clock, seed: smallCompany() });
  stand.controls.setOptions({ perIntegration: 0, perAccount: 0 });
  stand.controls.registerIntegration({
    client_id: CLIENT_ID,
    client_secret: SECRET,
    redirect_uri: REDIRECT,
    name: "Test",
  });
  const token = stand.controls.issueLongLivedToken(CLIENT_ID);
  const raw = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(stand.url + path, { redirect: "manual", ...init });
    const text = await response.text();
    const isJson = text !== "" && response.headers.get("content-type")?.includes("json");
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
  return {
    ...stand,
    clock,
    token,
    raw,
    api: (method, path, body, headers = {}) =>
      raw(path, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    [Symbol.asyncDispose]: () => stand[Symbol.asyncDispose](),
  };
}
