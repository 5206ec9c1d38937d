/** Entry of the page at `/panel/`, which the CRM shows in a frame. */
import { render } from "preact";
import { sayIn } from "../i18n/words.ts";
import { Icon } from "../ui/icons.tsx";
import { Host } from "./host.ts";
import styles from "./panel.css";
import { Panel } from "./panel.ts";
import { PanelScreen } from "./screen.tsx";

const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);
document.adoptedStyleSheets = [sheet];

const host = Host.find(window);
if (host === null) {
  const say = sayIn(navigator.language.startsWith("ru") ? "ru" : "en");
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
  const panel = new Panel(window, host, (drawing) => {
    document.documentElement.dataset["theme"] = drawing.state.theme;
    document.documentElement.lang = drawing.state.language;
    render(<PanelScreen panel={panel} drawing={drawing} />, document.body);
  });
  const root = document.documentElement;
  root.addEventListener("mouseenter", () => panel.happen({ type: "pointer", inside: true, now: Date.now() }));
  root.addEventListener("mouseleave", () => panel.happen({ type: "pointer", inside: false, now: Date.now() }));
  panel.start();
}
