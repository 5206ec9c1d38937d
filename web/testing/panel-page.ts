/** The panel beside five colleagues, as a person finds things in it: by role and name. */
import type { CardView, Colleague } from "../../src/panel/protocol.ts";
import { useStage } from "./stage.ts";
import { aCard, aColleague } from "./views.ts";

export const colleague = (extension: string, name: string, presence: Colleague["presence"] = "free"): Colleague =>
  aColleague(extension, name, {
    department: "Отдел продаж",
    presence,
    since: presence === "free" ? null : Date.now(),
  });

export const COLLEAGUES = [
  colleague("204", "Роман Ким"),
  colleague("205", "Мария Верхнеудинская"),
  colleague("212", "Пётр Лебедев"),
  colleague("214", "Анна Журавлёва", "talking"),
  colleague("305", "Жанна Ли", "dnd"),
] as const;

export const ring = (part: Partial<CardView> = {}): CardView =>
  aCard({
    startedAt: Date.now(),
    clients: [
      { name: "Анна Кравцова", company: "ООО «Окна Севера»", path: "/contacts/detail/1", deal: "480 000 ₽ · Договор" },
    ],
    ...part,
  });

/** Sets the stage up around the tests of a file (`useStage`). */
export function usePanel() {
  const stage = useStage(COLLEAGUES);
  const button = (name: string | RegExp) => stage.panel.getByRole("button", { name });
  const field = () => stage.panel.getByRole("combobox", { name: /номер/ });
  const card = () => stage.panel.getByRole("article");
  /** The commands that the service was given. */
  const given = () => stage.service.commands.map(({ command }) => command);
  /** What the CRM's page noted of the widget. */
  const practice = <T>(name: string): Promise<T> =>
    stage.page.evaluate((key) => Reflect.get(Reflect.get(window, "practice"), key), name);
  const open = async (): Promise<void> => {
    await button("Развернуть").click();
    await field().waitFor();
  };
  const refuseCommands = (reason: "own-phone-no-answer" | "crm-unavailable"): void => {
    stage.service.onCommand = (id) => stage.service.outcome(id, { state: "refused", reason });
  };
  return { stage, button, field, card, given, practice, open, refuseCommands };
}
