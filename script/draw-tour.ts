/**
 * Takes the widget's tour pictures (1188 × 616, what amoCRM shows before installing) from the real panel with invented people:
 * `node script/draw-tour.ts [CHROMIUM]` → web/widget/images/tour_1_{ru,en}.png. Chromium is /usr/bin/chromium when not named.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import type { Colleague } from "../src/panel/protocol.ts";
import { buildWidgetArchive } from "../src/widget/archive.ts";
import { buildPanel } from "../web/build.ts";
import { startCrmPage } from "../web/testing/crm-page.ts";
import { FakeService } from "../web/testing/fake-service.ts";
import { aColleague, aTalk, QUIET } from "../web/testing/views.ts";

const STORIES = {
  ru: {
    department: "Отдел продаж",
    colleagues: ["Алла Берг", "Борис Тимофеев", "Вера Нечаева", "Мария Верхнеудинская", "Пётр Лебедев", "Светлана Ким"],
    client: { name: "Анна Кравцова", company: "ООО «Окна Севера»", deal: "480 000 ₽ · Договор · «Окна, 12 шт.»" },
  },
  en: {
    department: "Sales",
    colleagues: ["Alice Berg", "Boris Timms", "Maria Lake", "Peter Swan", "Stella Kim", "Victor Hale"],
    client: { name: "Anna Kravtsova", company: "Northern Windows Ltd", deal: "480 000 ₽ · Contract · Windows, 12 pcs" },
  },
} as const;

const STATES: readonly Colleague["presence"][] = ["free", "ringing", "talking", "free", "dnd", "free"];

const directory = await mkdtemp(join(tmpdir(), "kommutator-tour-"));
const browser = await chromium.launch({
  executablePath: process.argv[2] ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
await buildPanel(directory);
for (const language of ["ru", "en"] as const) {
  const { department, colleagues, client } = STORIES[language];
  const service = new FakeService(directory);
  service.state = {
    ...QUIET,
    colleagues: colleagues.map((name, i) =>
      aColleague(String(205 + i), name, { department, presence: STATES[i] ?? "free", since: Date.now() - 134_000 }),
    ),
  };
  const crm = await startCrmPage(
    await buildWidgetArchive({ serviceUrl: await service.start(), version: "1.0.0" }),
    language,
  );
  const page = await browser.newPage({ viewport: { width: 1188, height: 616 }, reducedMotion: "reduce" });
  await page.goto(crm.url);
  const panel = page.frameLocator("iframe");
  await panel.getByRole("button").click();
  const card = aTalk({
    number: "+7 495 000-00-17",
    e164: "+74950000017",
    line: department,
    startedAt: Date.now() - 150_000,
    talkSince: Date.now() - 134_000,
    clients: [{ ...client, path: "/contacts/detail/1" }],
  });
  service.change({ cards: [card] });
  await panel.getByRole("article").waitFor();
  await page.evaluate("document.fonts.ready.then(() => undefined)");
  const picture = await page.screenshot();
  await writeFile(fileURLToPath(new URL(`../web/widget/images/tour_1_${language}.png`, import.meta.url)), picture);
  await page.close();
  await service.stop();
  await crm.stop();
}
await browser.close();
await rm(directory, { recursive: true });
