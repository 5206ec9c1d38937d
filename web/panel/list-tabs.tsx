/** Which of the lists is shown below the field, and whether one is shown at all. */
import type { VNode } from "preact";
import { useScreen } from "./context.ts";
import { IconButton } from "./icon-button.tsx";
import type { ListTab } from "./panel-state.ts";
import { missedCalls } from "./recent-calls.ts";

interface ListTabsProps {
  readonly shown: ListTab;
  /** Colleagues in all. */
  readonly size: number;
}

/** Id of the place where the lists are shown. */
export const LISTS_ID = "lists";

export function ListTabs({ shown, size }: ListTabsProps): VNode {
  const { panel, state, say } = useScreen();
  const { list } = state.shape;
  const missed = missedCalls(state.recent ?? []).length;
  const tab = (name: ListTab, label: string, count: VNode | false) => (
    <button
      type="button"
      role="tab"
      class="inset"
      aria-selected={list && shown === name}
      aria-controls={list ? LISTS_ID : undefined}
      onClick={() => panel.showList(name)}
    >
      <b>{label}</b>
      {count}
    </button>
  );
  return (
    <div class="k-fold" id="enter-does">
      <div
        role="tablist"
        aria-label={say("list.lists")}
        onKeyDown={(event) => {
          if (event.key === "ArrowLeft" || event.key === "ArrowRight")
            panel.showList(shown === "recent" ? "colleagues" : "recent");
        }}
      >
        {tab("colleagues", say("list.name"), <span>{size}</span>)}
        {tab(
          "recent",
          say("recent.name"),
          missed > 0 && (
            <span class="k-late" title={say("recent.missed", { count: missed })}>
              <span aria-hidden="true">{missed}</span>
              <span class="k-vh">{say("recent.missed", { count: missed })}</span>
            </span>
          ),
        )}
      </div>
      <span class="sp" />
      <IconButton
        icon={list ? "down" : "up"}
        label={say(list ? "list.hide" : "list.show")}
        press={() => panel.reshape("toggle-list")}
        expanded={list}
      />
    </div>
  );
}
