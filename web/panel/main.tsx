/** Entry of the page at `/panel/`, which the CRM shows in a frame. */
import { render } from "preact";
import { en } from "../i18n/en.ts";
import { ru } from "../i18n/ru.ts";
import { type Language, sayIn } from "../i18n/words.ts";
import { Icon } from "../ui/icons.tsx";
import { Host } from "./host.ts";
import { Panel } from "./panel.ts";
import { PanelScreen } from "./screen.tsx";

/** Put here by `build.ts`, which makes a page for each language and drops the other catalogue. */
declare const LANGUAGE: Language;

/** A pointer that moves is told of so often. */
const POINTER_TOLD_MS = 1_000;

const say = sayIn(LANGUAGE, LANGUAGE === "ru" ? ru : en);

const host = Host.find(window);
if (host === null) {
  render(
    <main class="k k-alone">
      <div class="k-empty">
        <Icon name="lock" />
        <b>{say("refusal.no-host")}</b>
        {say("refusal.no-host-why")}
      </div>
    </main>,
    document.body,
  );
} else {
  const panel = new Panel(window, host, say, (drawing) => {
    document.documentElement.dataset["theme"] = drawing.state.theme;
    render(<PanelScreen panel={panel} say={say} drawing={drawing} />, document.body);
  });
  const root = document.documentElement;
  let toldAt = 0;
  root.addEventListener("mousemove", () => {
    const now = Date.now();
    if (now - toldAt < POINTER_TOLD_MS) return;
    toldAt = now;
    panel.happen({ type: "pointer", inside: true, now });
  });
  root.addEventListener("mouseleave", () => {
    toldAt = 0;
    panel.happen({ type: "pointer", inside: false, now: Date.now() });
  });
  panel.start();
}
