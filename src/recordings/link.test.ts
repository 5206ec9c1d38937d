import { describe, expect, test } from "vitest";
import { ListeningGrants, RecordingLinks } from "./link.ts";

const links = new RecordingLinks(Buffer.alloc(32, 1), "https://pbx.example.org");
const token = links.toUrl("romashka", "call-1").split("/").at(-1) ?? "";
const owners: Record<string, string> = { "call-1": "romashka", "call-2": "romashka" };
const ownerOf = async (callId: string) => {
  const account = owners[callId];
  return account === undefined ? undefined : { account };
};

describe("a link", () => {
  test("opens its own call", async () => {
    expect(await links.verify(token, ownerOf)).toEqual({ callId: "call-1", account: "romashka" });
  });

  test("of the first version still opens", async () => {
    // Made by the service before there were grants; it stands in notes.
    const kept = "call-1.TSmHP5gHbnoz0O65BO2kDg.mp3";
    expect(token).toBe(kept);
  });

  test.each([
    ["another call's signature", token.replace("call-1", "call-2")],
    ["an unknown call", token.replace("call-1", "call-3")],
    ["a changed signature", token.replace(/\.(.)/, (_, letter: string) => `.${letter === "A" ? "B" : "A"}`)],
    ["no signature", "call-1.mp3"],
    ["a path", `../${token}`],
    ["an encoded path", `..%2f${token}`],
    ["more behind it", `${token}/..`],
    ["nothing", ""],
  ])("is refused with %s", async (_, wrong) => expect(await links.verify(wrong, ownerOf)).toBeUndefined());

  test("is refused for another account's call and with another installation's key", async () => {
    expect(await links.verify(token, async () => ({ account: "lyutik" }))).toBeUndefined();
    const others = new RecordingLinks(Buffer.alloc(32, 2), "https://pbx.example.org");
    expect(await others.verify(token, ownerOf)).toBeUndefined();
  });
});

describe("a grant", () => {
  const grants = new ListeningGrants(Buffer.alloc(32, 3));
  const now = 1_000_000;
  const grant = grants.issue("romashka", "call-1", 504141, now, 600);

  test("is its user's for this recording, for its length and a quarter of an hour", () => {
    expect(grants.verify(grant, "romashka", "call-1", now)).toBe(504141);
    expect(grants.verify(grant, "romashka", "call-1", now + 24 * 60_000)).toBe(504141);
    expect(grants.verify(grant, "romashka", "call-1", now + 26 * 60_000)).toBeUndefined();
  });

  test.each([
    ["another recording", grant, "romashka", "call-2"],
    ["another account", grant, "lyutik", "call-1"],
    ["another user", grant.replace("504141", "504142"), "romashka", "call-1"],
    ["a later end", grant.replace(/\.\d+\./, ".9999999999."), "romashka", "call-1"],
    ["no signature", grant.replace(/\.[^.]+$/, "."), "romashka", "call-1"],
    ["nothing", "", "romashka", "call-1"],
  ])("is nothing for %s", (_, given, account, callId) => {
    expect(grants.verify(given, account, callId, now)).toBeUndefined();
  });

  test("of another installation is nothing, and a link is no grant", () => {
    expect(new ListeningGrants(Buffer.alloc(32, 4)).verify(grant, "romashka", "call-1", now)).toBeUndefined();
    expect(grants.verify(token, "romashka", "call-1", now)).toBeUndefined();
  });
});
