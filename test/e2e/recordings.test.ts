/**
 * Recordings as people meet them: soon after the hang-up, in Chromium's own player; and, when they are guarded, in the
 * CRM's page by the widget and nowhere else.
 */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { PEOPLE } from "../../emulators/amocrm/small-company.ts";
import { makeApiKey } from "../../src/api/api-key.ts";
import { describeNeeding } from "../needs.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { Stage } from "../stage/stage.ts";
import { inWords, measureRecordings, NOTE_P95_MS, PLAY_P95_MS, share } from "./recordings.ts";

/** A tenth and a half of what `script/bench notes` measures. */
const CALLS = 30;
const MARIA = 504141;
const CARD = `/leads/detail/${PEOPLE.anna.lead}`;

/** Runs in the CRM's page: what became of the player that a click has opened there. */
const PLAYER = `(async () => {
  const audio = document.querySelector(".feed-note-call audio");
  if (audio.error === null && audio.readyState < 2) {
    await new Promise((resolve) => {
      for (const name of ["canplay", "error"]) audio.addEventListener(name, resolve, { once: true });
    });
  }
  if (audio.error !== null) return "refused";
  audio.currentTime = audio.duration - 0.3;
  await new Promise((resolve) => audio.addEventListener("ended", resolve, { once: true }));
  return "heard";
})()`;

test("a recording that lies at MikoPBX only comes through its interface, and the note is given it afterwards", async () => {
  const rest = { apiKey: "practice-key", timeZone: "Europe/Moscow", settleMs: 0 };
  const pbx = await startEmulatedPbx({ pace: 0.05, soundRepeats: 5, rest });
  const records = { url: `http://127.0.0.1:${pbx.emulator.restPort}`, apiKey: rest.apiKey };
  const recordings = { pbxDirectory: pbx.recordingsDirectory, fromApi: true };
  await using stage = await Stage.start(pbx, { records, recordings });
  await talkWithAnna(pbx);
  const link = await linkOfAnna(stage);
  const heard = await fetch(link, { headers: { range: "bytes=0-99" } });
  expect([heard.status, heard.headers.get("content-type")]).toEqual([206, "audio/mpeg"]);
  expect(stage.crm.controls.invariants()).toMatchObject({ doubledCalls: [], spreadCalls: [] });
}, 90_000);

async function talkWithAnna(pbx: EmulatedPbx): Promise<void> {
  const client = await pbx.clientCalls({ from: "79001234567", did: "74950003344" });
  const phone = await (await pbx.phone("201")).waitCall();
  await phone.answer();
  await client.untilTalking();
  await client.hangUp();
}

/** The first that stands in a note of her deal. */
async function linkOfAnna({ crm }: Stage): Promise<string> {
  const notes = () => crm.controls.account.notesOf("leads", PEOPLE.anna.lead);
  const link = () => String(notes().find(({ params }) => params["link"] !== undefined)?.params["link"] ?? "");
  await vi.waitFor(() => expect(link()).not.toBe(""), 40_000);
  return link();
}

describeNeeding("chromium", "recordings", () => {
  test(`${CALLS} calls, several at once: note and sound soon after the hang-up, with seeking`, async () => {
    const figures = await measureRecordings(CALLS);
    process.stdout.write(inWords(figures));
    expect(figures.noteMs).toHaveLength(CALLS);
    expect(share(figures.noteMs, 0.95)).toBeLessThanOrEqual(NOTE_P95_MS);
    expect(share(figures.playMs, 0.95)).toBeLessThanOrEqual(PLAY_P95_MS);
    expect(figures.seconds[0]).toBeGreaterThan(10);
    expect(share(figures.seekErrors, 1)).toBeLessThan(0.1);
  }, 180_000);

  describe("guarded", () => {
    const { key, hash } = makeApiKey();
    let pbx: EmulatedPbx;
    let stage: Stage;
    let page: Page;
    let link: string;

    beforeAll(async () => {
      pbx = await startEmulatedPbx({ pace: 0.05, soundRepeats: 20 });
      const http = { adminKeys: [{ name: "Ольга", hash }] };
      stage = await Stage.start(pbx, { account: { listening: "guarded" }, http });
      await talkWithAnna(pbx);
      link = await linkOfAnna(stage);
    });
    afterEach(() => page?.context().close());
    afterAll(async () => {
      await stage?.[Symbol.asyncDispose]();
    });

    const play = () => page.locator(".feed-note-call a.feed-note__call-player");
    const listenings = async () => {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await fetch(`${stage.serviceUrl}/api/v1/accounts/main/listenings`, { headers });
      return ((await answer.json()) as { listenings: { userId: number | null; address: string }[] }).listenings;
    };

    test("the CRM's own player plays for a user whose page has the widget, and his listening is written down", async () => {
      page = await stage.openCrm(MARIA, CARD);
      await page.locator("iframe[src*='/panel/']").waitFor({ state: "attached" });
      await play().click();
      await expect.poll(() => page.locator(".feed-note-call audio").count()).toBe(1);
      expect(await page.evaluate(PLAYER)).toBe("heard");
      // The grant was lent for the click and stands nowhere for longer.
      expect(await play().getAttribute("href")).toBe(link);
      await expect.poll(listenings).toMatchObject([{ userId: MARIA, address: "127.0.0.0" }]);
      expect(stage.service.output).not.toContain("grant=");
    });

    test("by the keyboard, too", async () => {
      page = await stage.openCrm(MARIA, CARD);
      await page.locator("iframe[src*='/panel/']").waitFor({ state: "attached" });
      await play().focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => page.locator(".feed-note-call audio").count()).toBe(1);
      expect(await page.evaluate(PLAYER)).toBe("heard");
    });

    test("a stranger with the link reads what to do, in two languages, and a wrong link says the same", async () => {
      page = await stage.openCrm(MARIA, CARD);
      const before = (await listenings()).length;
      const tab = await page.context().newPage();
      const answer = await tab.goto(link);
      expect(answer?.status()).toBe(404);
      const words = await tab.locator("body").textContent();
      expect(words).toContain("Войдите в amoCRM");
      expect(words).toContain("Sign in to amoCRM");
      await tab.goto(link.replace(/\.(.)(?=[^.]*\.mp3$)/, ".-"));
      expect(await tab.locator("body").textContent()).toBe(words);
      expect(await listenings()).toHaveLength(before);
    });
  });
});
