// A refresh token is good once: one refresh at a time, the new pair on disk before anybody uses it, and when it is lost
// a person is told instead of a loop.
import { describe, expect, test } from "vitest";
import { type AccountAddress, OAuthAccess } from "./access.ts";
import { CrmError } from "./crm-error.ts";
import { type Grant, type GrantStore, GrantVault } from "./grant.ts";
import type { TokenEndpoint } from "./token-endpoint.ts";

const HOUR = 3_600_000;
const KEY = new Uint8Array(32).fill(7);

class Shelf implements GrantStore {
  sealed: string | undefined;
  isFull = false;
  async load() {
    return this.sealed;
  }
  async save(_: string, sealed: string) {
    if (this.isFull) throw new Error("the disk is full");
    this.sealed = sealed;
  }
  async remove() {
    this.sealed = undefined;
  }
}

function setUp(store = new Shelf()) {
  const vault = new GrantVault(store, KEY, "main");
  const asked: string[] = [];
  let refresh: (token: string) => Promise<Grant> = async (token) => grant(`${token}+`);
  const endpoint: Pick<TokenEndpoint, "refresh" | "exchangeCode"> = {
    async refresh(token) {
      asked.push(token);
      return refresh(token);
    },
    exchangeCode: async (code) => grant(code),
  };
  let now = 0;
  let found: string | undefined;
  const movedTo: string[] = [];
  const address: AccountAddress = {
    configured: "https://old.amocrm.ru",
    find: async () => found,
    moveTo: (url) => void movedTo.push(url),
  };
  const access = new OAuthAccess({ vault, endpoint: endpoint as TokenEndpoint, clock: { now: () => now }, address });
  return {
    access,
    movedTo,
    isNowAt: (url: string) => (found = url),
    vault,
    store,
    asked,
    at: (time: number) => (now = time),
    onRefresh: (then: (token: string) => Promise<Grant>) => (refresh = then),
    again: () => {
      const next = setUp(store);
      next.at(now);
      return next;
    },
  };
}

const unknownThere = () => new CrmError("crm/client-refused", { status: 401 });
const grant = (name: string): Grant => ({
  accessToken: `access-${name}`,
  refreshToken: name,
  expiresAt: 24 * HOUR,
  refreshInDoubt: false,
  moved: null,
});
const refused = () => new CrmError("crm/refresh-refused", { status: 401, detail: "Token has been revoked" });
const lost = () => new CrmError("crm/answer-lost", { mayHaveHappened: true });

/** A refresh that amoCRM has begun, and answers when the test says so. */
function heldBack(outcome: (token: string) => Promise<Grant>) {
  const [begun, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const refresh = async (token: string): Promise<Grant> => {
    begun.resolve();
    await answer.promise;
    return outcome(token);
  };
  return { begun: begun.promise, answer: answer.resolve, refresh };
}

test("without a consent there is no access", async () => {
  await expect(setUp().access.token()).rejects.toMatchObject({ code: "crm/not-connected", remedy: "reconnect" });
});

test("a token is renewed a minute before its end, and the new pair is kept sealed", async () => {
  const { access, at, asked, store, vault } = setUp();
  await access.acceptCode("r1");
  at(24 * HOUR - 61_000);
  expect(await access.token()).toBe("access-r1");
  at(24 * HOUR - 59_000);
  expect(await access.token()).toBe("access-r1+");
  expect(asked).toEqual(["r1"]);
  expect(await vault.load()).toMatchObject({ refreshToken: "r1+", refreshInDoubt: false });
  expect(store.sealed).not.toContain("r1+");
});

test("many that were refused with one token cause one refresh, and a late one gets the new token", async () => {
  const { access, asked } = setUp();
  await access.acceptCode("r1");
  const tokens = await Promise.all(Array.from({ length: 50 }, () => access.tokenInsteadOf("access-r1")));
  expect(new Set(tokens)).toEqual(new Set(["access-r1+"]));
  expect(await access.tokenInsteadOf("access-r1")).toBe("access-r1+");
  expect(asked).toEqual(["r1"]);
});

test("the new pair is on disk before anybody has it", async () => {
  const { access, store, vault, onRefresh } = setUp();
  await access.acceptCode("r1");
  onRefresh(async (token) => {
    store.isFull = true;
    return grant(`${token}+`);
  });
  await expect(access.tokenInsteadOf("access-r1")).rejects.toThrow("the disk is full");
  await expect(access.token()).rejects.toThrow("the disk is full");
  store.isFull = false;
  expect(await access.token(), "and it is not lost by that").toBe("access-r1+");
  expect(await vault.load()).toMatchObject({ refreshToken: "r1+" });
});

test("with a full disk no refresh token is spent", async () => {
  const { access, store, asked } = setUp();
  await access.acceptCode("r1");
  store.isFull = true;
  await expect(access.tokenInsteadOf("access-r1")).rejects.toThrow("the disk is full");
  expect(asked).toEqual([]);
});

describe("a refresh", () => {
  test("that is refused is told, and never tried again until access is given", async () => {
    const { access, asked, onRefresh } = setUp();
    await access.acceptCode("r1");
    onRefresh(() => Promise.reject(refused()));
    for (let n = 0; n < 3; n++) {
      await expect(access.tokenInsteadOf("access-r1")).rejects.toMatchObject({ code: "crm/refresh-refused" });
    }
    expect(asked).toEqual(["r1"]);
    await access.acceptCode("r2");
    expect(await access.token()).toBe("access-r2");
  });

  test("whose answer was lost is tried once more, and told when the token was spent", async () => {
    const { access, asked, onRefresh } = setUp();
    await access.acceptCode("r1");
    onRefresh(() => Promise.reject(asked.length === 1 ? lost() : refused()));
    await expect(access.tokenInsteadOf("access-r1")).rejects.toMatchObject({ code: "crm/answer-lost" });
    for (let n = 0; n < 3; n++) {
      await expect(access.tokenInsteadOf("access-r1")).rejects.toMatchObject({ code: "crm/refresh-answer-lost" });
    }
    expect(asked).toEqual(["r1", "r1"]);
  });

  test("in which we died is known after the restart", async () => {
    const before = setUp();
    await before.access.acceptCode("r1");
    before.onRefresh(() => new Promise(() => {}));
    void before.access.tokenInsteadOf("access-r1");
    await expect.poll(() => before.asked).toEqual(["r1"]);
    const after = before.again();
    after.onRefresh(() => Promise.reject(refused()));
    await expect(after.access.tokenInsteadOf("access-r1")).rejects.toMatchObject({ code: "crm/refresh-answer-lost" });
  });

  test("that never left leaves no doubt", async () => {
    const { access, vault, onRefresh } = setUp();
    await access.acceptCode("r1");
    onRefresh(() => Promise.reject(new CrmError("crm/unreachable")));
    await expect(access.tokenInsteadOf("access-r1")).rejects.toMatchObject({ code: "crm/unreachable" });
    expect(await vault.load()).toMatchObject({ refreshInDoubt: false });
  });

  test.each([
    ["fails", () => Promise.reject(refused())],
    ["succeeds", async (token: string) => grant(`${token}+`)],
  ])("that %s after a new consent has come does not take its place", async (_, outcome) => {
    const { access, onRefresh, again } = setUp();
    await access.acceptCode("r1");
    const { begun, answer, refresh } = heldBack(outcome);
    onRefresh(refresh);
    const asking = access.tokenInsteadOf("access-r1").catch((error: CrmError) => error.code);
    await begun;
    const accepting = access.acceptCode("r2");
    answer();
    await Promise.all([asking, accepting]);
    expect(await access.token()).toBe("access-r2");
    expect(await again().access.token()).toBe("access-r2");
  });

  test("that ends after the integration was switched off gives no access back", async () => {
    const { access, onRefresh, vault } = setUp();
    await access.acceptCode("r1");
    const { begun, answer, refresh } = heldBack(async (token) => grant(`${token}+`));
    onRefresh(refresh);
    const asking = access.tokenInsteadOf("access-r1");
    await begun;
    const forgetting = access.forget("crm/disabled");
    const asksLate = access.tokenInsteadOf("access-r1");
    answer();
    await Promise.all([asking, asksLate, forgetting]);
    await expect(access.token()).rejects.toMatchObject({ code: "crm/disabled" });
    expect(await vault.load()).toBeUndefined();
  });

  test("by a client that amoCRM does not know names the settings", async () => {
    const { access, onRefresh } = setUp();
    await access.acceptCode("r1");
    onRefresh(() => Promise.reject(new CrmError("crm/client-refused")));
    await expect(access.tokenInsteadOf("access-r1")).rejects.toMatchObject({ code: "crm/client-refused" });
  });
});

describe("an account that was renamed", () => {
  test("is renewed where it is now, and found there after a restart", async () => {
    const { access, movedTo, isNowAt, onRefresh, asked, again } = setUp();
    await access.acceptCode("r1");
    isNowAt("https://new.amocrm.ru");
    onRefresh((token) => (movedTo.length === 0 ? Promise.reject(unknownThere()) : Promise.resolve(grant(`${token}+`))));
    expect(await access.tokenInsteadOf("access-r1")).toBe("access-r1+");
    expect([asked, movedTo]).toEqual([["r1", "r1"], ["https://new.amocrm.ru"]]);
    const after = again();
    expect(await after.access.token()).toBe("access-r1+");
    expect(after.movedTo).toEqual(["https://new.amocrm.ru"]);
  });

  test("is asked for once; when it is where it was, the refusal is told", async () => {
    const { access, movedTo, onRefresh, asked } = setUp();
    await access.acceptCode("r1");
    onRefresh(() => Promise.reject(unknownThere()));
    await expect(access.tokenInsteadOf("access-r1")).rejects.toMatchObject({ code: "crm/client-refused" });
    expect([asked, movedTo]).toEqual([["r1"], []]);
  });
});

test("a grant sealed with another key is told, not overwritten", async () => {
  const { access, store } = setUp();
  await access.acceptCode("r1");
  const { sealed } = store;
  const other = new OAuthAccess({
    vault: new GrantVault(store, new Uint8Array(32).fill(8), "main"),
    endpoint: {} as TokenEndpoint, // never reached
    clock: { now: () => 0 },
    address: { configured: "https://old.amocrm.ru", find: async () => undefined, moveTo: () => {} },
  });
  await expect(other.token()).rejects.toMatchObject({ code: "crm/key-changed" });
  expect(store.sealed).toBe(sealed);
});
