/** What happened → lines of `GET /api/v4/events` (docs/protocols/amocrm-platform.md#history). */
import { randomUUID } from "node:crypto";
import type { Account } from "./account.ts";
import type { Change, HistoryEvent } from "./model.ts";
import { SINGULAR } from "./model.ts";

/** What each kind of line is called. */
export const EVENT_TYPES: Readonly<Record<string, Readonly<Record<"ru" | "en", string>>>> = {
  lead_added: { ru: "Новая сделка", en: "New lead" },
  lead_deleted: { ru: "Сделка удалена", en: "Lead deleted" },
  lead_restored: { ru: "Сделка восстановлена", en: "Lead restored" },
  lead_status_changed: { ru: "Изменён этап", en: "Stage changed" },
  contact_added: { ru: "Новый контакт", en: "New contact" },
  contact_deleted: { ru: "Контакт удалён", en: "Contact deleted" },
  contact_restored: { ru: "Контакт восстановлен", en: "Contact restored" },
  company_added: { ru: "Новая компания", en: "New company" },
  company_deleted: { ru: "Компания удалена", en: "Company deleted" },
  company_restored: { ru: "Компания восстановлена", en: "Company restored" },
  entity_merged: { ru: "Объединение", en: "Merged" },
  entity_responsible_changed: { ru: "Изменён ответственный", en: "Responsible user changed" },
  incoming_call: { ru: "Входящий звонок", en: "Incoming call" },
  outgoing_call: { ru: "Исходящий звонок", en: "Outgoing call" },
  common_note_added: { ru: "Новое примечание", en: "New note" },
  task_added: { ru: "Новая задача", en: "New task" },
  task_completed: { ru: "Задача завершена", en: "Task completed" },
  task_result_added: { ru: "Результат по задаче", en: "Task result added" },
};

type Line = Omit<HistoryEvent, "id" | "created_at" | "created_by">;

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Sorts by time like the real ids do: ten characters of the time, sixteen of chance. */
function timeSortedId(epochMs: number): string {
  let time = "";
  for (let rest = epochMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = ALPHABET.charAt(rest % 32) + time;
  return time + randomUUID().replaceAll("-", "").slice(0, 16);
}

export function keepHistory(account: Account): Disposable {
  return account.onChange((change) => {
    for (const line of toLines(change)) {
      const created_by = "by" in change ? change.by : 0;
      account.history.push({ ...line, id: timeSortedId(account.clock.now()), created_at: account.now(), created_by });
    }
  });
}

function toLines(change: Change): Line[] {
  const about = (
    type: string,
    entity: { type: keyof typeof SINGULAR; id: number },
    after: object[] = [],
    before: object[] = [],
  ) => [{ type, entity_type: SINGULAR[entity.type], entity_id: entity.id, value_after: after, value_before: before }];
  switch (change.kind) {
    case "entity-added":
      return about(`${SINGULAR[change.entity.type]}_added`, change.entity);
    case "entity-deleted":
      return about(`${SINGULAR[change.entity.type]}_deleted`, change.entity);
    case "entity-restored":
      return about(`${SINGULAR[change.entity.type]}_restored`, change.entity);
    case "entity-merged":
      return about("entity_merged", change.entity, [], [{ [SINGULAR[change.entity.type]]: { id: change.absorbedId } }]);
    case "responsible-changed": {
      const user = (id: number) => ({ responsible_user: { id } });
      return about(
        "entity_responsible_changed",
        change.entity,
        [user(change.entity.responsible_user_id)],
        [user(change.before)],
      );
    }
    case "status-changed": {
      const status = (id: number, pipeline_id: number) => ({ lead_status: { id, pipeline_id } });
      const { entity, before } = change;
      const [now, then] = [status(entity.status_id, entity.pipeline_id), status(before.status_id, before.pipeline_id)];
      return about("lead_status_changed", entity, [now], [then]);
    }
    case "note-added": {
      const { note } = change;
      const types: Record<string, string> = { call_in: "incoming_call", call_out: "outgoing_call" };
      const type = types[note.note_type] ?? `${note.note_type}_note_added`;
      return about(type, { type: note.entity_type, id: note.entity_id }, [{ note: { id: note.id } }]);
    }
    case "task-added":
    case "task-completed":
    case "task-result-added":
      return [
        {
          type: change.kind.replaceAll("-", "_"),
          entity_type: "task",
          entity_id: change.task.id,
          value_after: [],
          value_before: [],
        },
      ];
    case "entity-updated":
    case "note-updated":
    case "task-updated":
    case "task-responsible-changed":
    case "unsorted-added":
    case "unsorted-decided":
    case "pop-up":
      return [];
  }
}
