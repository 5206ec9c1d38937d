/** What the tests of the API share: a stand that each of them finds as new, and short ways to write and to read. */
import { afterAll, beforeAll, beforeEach } from "vitest";
import { smallCompany } from "../small-company.ts";
import { type Answer, CLIENT_ID, REDIRECT, SECRET, startTestStand, type TestStand } from "./stand.ts";

type Headers = Readonly<Record<string, string>>;

export interface StandForEach {
  /** The same one for all tests of the file, emptied before each. */
  readonly stand: TestStand;
  /** With the integration's token, JSON in and out. */
  ask(method: string, path: string, body?: unknown, headers?: Headers): Promise<Answer>;
  /** The same below `/api/v4`. */
  api(method: string, path: string, body?: unknown, headers?: Headers): Promise<Answer>;
  /** Headers with a token that this user has given. */
  as(user: number): Headers;
}

/** To be called once, at the top of a file of tests. */
export function standForEach(): StandForEach {
  let stand: TestStand | undefined;
  let token = "";
  const running = (): TestStand => {
    if (!stand) throw new Error("the stand runs only while tests do");
    return stand;
  };
  beforeAll(async () => {
    stand = await startTestStand();
  });
  beforeEach(async () => {
    const { controls } = running();
    await controls.reset(smallCompany());
    controls.registerIntegration({ client_id: CLIENT_ID, client_secret: SECRET, redirect_uri: REDIRECT });
    token = controls.issueLongLivedToken(CLIENT_ID);
  });
  afterAll(() => stand?.[Symbol.asyncDispose]());
  const ask: StandForEach["ask"] = (method, path, body, headers = {}) =>
    running().api(method, path, body, { authorization: `Bearer ${token}`, ...headers });
  return {
    ask,
    get stand() {
      return running();
    },
    api: (method, path, body, headers) => ask(method, `/api/v4${path}`, body, headers),
    as: (user) => ({ authorization: `Bearer ${running().controls.issueLongLivedToken(CLIENT_ID, 1, user)}` }),
  };
}

/** One number, as `custom_fields_values` takes it. */
export const phoneField = (value: string) => [{ field_code: "PHONE", values: [{ value, enum_code: "WORK" }] }];

/** Of everything under `_embedded[name]`. */
export const idsOf = ({ json }: Answer, name: string): number[] =>
  json._embedded[name].map(({ id }: { id: number }) => id);
