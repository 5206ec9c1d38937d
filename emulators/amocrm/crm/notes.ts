import type { Account } from "./account.ts";
import type { Actor, EntityType, Note, Task } from "./model.ts";

export interface NoteInput {
  readonly note_type: string;
  readonly params: Record<string, unknown>;
  readonly created_by?: number;
  readonly updated_by?: number;
  readonly responsible_user_id?: number;
  readonly created_at?: number;
  readonly updated_at?: number;
}

export const isCallNote = (note: Note): boolean => note.note_type === "call_in" || note.note_type === "call_out";

/**
 * A call written without `created_by` is the robot's, and without `responsible_user_id` the entity's responsible
 * user's: neither counts in Analytics (docs/protocols/amocrm-platform.md#a-call-as-a-note; the default responsible is chosen:
 * the less obliging choice).
 */
export function addNote(account: Account, type: EntityType, entityId: number, input: NoteInput, actor: Actor): Note {
  const isCall = input.note_type === "call_in" || input.note_type === "call_out";
  const created_by = input.created_by ?? (isCall ? 0 : actor.userId);
  const created_at = input.created_at ?? account.now();
  const note: Note = {
    id: account.nextId(),
    entity_type: type,
    entity_id: entityId,
    note_type: input.note_type,
    created_by,
    updated_by: input.updated_by ?? created_by,
    created_at,
    updated_at: input.updated_at ?? account.now(),
    responsible_user_id: input.responsible_user_id ?? account.find(type, entityId)?.responsible_user_id ?? actor.userId,
    params: { ...input.params },
    is_pinned: false,
  };
  account.keepNote(note);
  account.publish({ kind: "note-added", note, by: created_by });
  return note;
}

/** Chosen: written params are laid over the old ones; whether absent keys are kept is not known. */
export function updateNote(account: Account, note: Note, input: Partial<NoteInput>, actor: Actor): void {
  note.note_type = input.note_type ?? note.note_type;
  note.params = { ...note.params, ...input.params };
  note.responsible_user_id = input.responsible_user_id ?? note.responsible_user_id;
  note.updated_by = input.updated_by ?? actor.userId;
  note.updated_at = account.now();
  account.publish({ kind: "note-updated", note, by: actor.userId });
}

export interface TaskInput {
  readonly text: string;
  readonly complete_till: number;
  readonly task_type_id?: number;
  readonly duration?: number;
  readonly entity_id?: number | null;
  readonly entity_type?: EntityType | null;
  readonly responsible_user_id?: number;
  readonly is_completed?: boolean;
  readonly result?: { readonly text: string } | null;
  readonly created_by?: number;
  readonly updated_by?: number;
  readonly created_at?: number;
}

export function addTask(account: Account, input: TaskInput, actor: Actor): Task {
  const now = account.now();
  const task: Task = {
    id: account.nextId(),
    text: input.text,
    complete_till: input.complete_till,
    task_type_id: input.task_type_id ?? 1,
    duration: input.duration ?? 0,
    entity_type: input.entity_type ?? null,
    entity_id: input.entity_id ?? null,
    responsible_user_id: input.responsible_user_id ?? actor.userId,
    is_completed: input.is_completed ?? false,
    result: input.result ?? null,
    created_by: input.created_by ?? actor.userId,
    updated_by: input.updated_by ?? actor.userId,
    created_at: input.created_at ?? now,
    updated_at: now,
  };
  account.tasks.set(task.id, task);
  refreshClosestTask(account, task);
  account.publish({ kind: "task-added", task, by: task.created_by });
  return task;
}

export function updateTask(account: Account, task: Task, input: Partial<TaskInput>, actor: Actor): void {
  const before = { is_completed: task.is_completed, responsible: task.responsible_user_id };
  const { result, ...fields } = input;
  Object.assign(task, fields, { updated_at: account.now(), updated_by: input.updated_by ?? actor.userId });
  if (result !== undefined) task.result = result;
  refreshClosestTask(account, task);
  account.publish({ kind: "task-updated", task, by: actor.userId });
  if (task.is_completed && !before.is_completed) account.publish({ kind: "task-completed", task, by: actor.userId });
  if (result?.text) account.publish({ kind: "task-result-added", task, by: actor.userId });
  if (task.responsible_user_id !== before.responsible) {
    account.publish({ kind: "task-responsible-changed", task, by: actor.userId });
  }
}

function refreshClosestTask(account: Account, changed: Task): void {
  if (changed.entity_type === null || changed.entity_id === null) return;
  const entity = account.find(changed.entity_type, changed.entity_id);
  if (!entity) return;
  const open = [...account.tasks.values()].filter(
    (task) => task.entity_id === entity.id && task.entity_type === entity.type && !task.is_completed,
  );
  entity.closest_task_at = open.length > 0 ? Math.min(...open.map((task) => task.complete_till)) : null;
}
