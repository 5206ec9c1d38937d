import type { AddTask, CrmEntity } from "../rules/intent.ts";
import { type CrmTask, readCreated, readEach, readTask } from "./answers.ts";
import { CrmError } from "./crm-error.ts";
import type { PerformerOf, Performing } from "./performing.ts";
import { onCard } from "./target.ts";
import { toSeconds } from "./unix-seconds.ts";

/**
 * Adds a task to a card, or tells the one that stands open there of the new call. A task carries no `uniq` of ours: after
 * a lost answer its text and deadline tell it.
 */
export const addTask: PerformerOf<"add-task"> = async (intent, { mayHaveHappened }, performing) => {
  const standing = await findStanding(intent, performing);
  if (standing !== undefined) return { kind: "task", taskId: standing };
  const add = async (card: CrmEntity | null) => {
    const there = mayHaveHappened ? await findTask(intent, card, performing) : undefined;
    return there?.id ?? (await create(intent, card, performing));
  };
  const { entity, phone } = intent;
  return { kind: "task", taskId: entity === null ? await add(null) : await onCard(entity, phone, performing, add) };
};

/** The task that is open, with the new call in its text; undefined when a person has done or removed all of them. */
async function findStanding(
  { standing }: AddTask,
  { api, outcomeOf, isWaiting }: Performing,
): Promise<number | undefined> {
  for (const uniq of standing?.tasks ?? []) {
    const outcome = await outcomeOf(uniq);
    // Order is kept for a number; the client may have called from another one.
    if (outcome === undefined && (await isWaiting(uniq))) throw new CrmError("crm/not-its-turn");
    if (outcome?.kind !== "task") continue;
    const path = `/api/v4/tasks/${outcome.taskId}`;
    const task = await api.entity(path);
    if (task === undefined || readTask(task).isCompleted) continue;
    await api.write("PATCH", path, { text: standing?.text }, () => undefined);
    return outcome.taskId;
  }
  return undefined;
}

async function create(intent: AddTask, entity: CrmEntity | null, performing: Performing): Promise<number> {
  const task = {
    text: intent.text,
    task_type_id: intent.typeId,
    complete_till: toSeconds(intent.dueAt),
    ...(entity !== null && { entity_type: entity.type, entity_id: entity.id }),
    ...(intent.userId !== null && { responsible_user_id: intent.userId }),
  };
  try {
    return await performing.api.create("/api/v4/tasks", "tasks", task, readCreated);
  } catch (error) {
    // Who has left cannot be given work; without him it is given to whoever gave us access, and somebody sees it.
    if (intent.userId === null || !isAboutUser(error)) throw error;
    return create({ ...intent, userId: null }, entity, performing);
  }
}

function isAboutUser(error: unknown): boolean {
  return (
    error instanceof CrmError && error.code === "crm/invalid" && /responsible_user_id/.test(error.context.detail ?? "")
  );
}

async function findTask(
  { text, dueAt }: AddTask,
  entity: CrmEntity | null,
  { api }: Performing,
): Promise<CrmTask | undefined> {
  const ofCard = entity && { "filter[entity_type]": entity.type, "filter[entity_id]": String(entity.id) };
  const { entities } = await api.page("tasks", "/api/v4/tasks", { ...ofCard, "order[id]": "desc" });
  // Others in another shape are not ours.
  return readEach(entities, readTask, () => {}).find(
    (task) =>
      task.text === text &&
      task.completeTill === toSeconds(dueAt) &&
      (entity === null ? task.entityId === null : task.entityId === entity.id),
  );
}
