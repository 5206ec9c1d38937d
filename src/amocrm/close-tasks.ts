import { readTask } from "./answers.ts";
import { CrmError } from "./crm-error.ts";
import type { PerformerOf, Performing } from "./performing.ts";

/** Somebody has talked to the client: the tasks to call him back are done. Doing it twice is harmless. */
export const closeTasks: PerformerOf<"close-tasks"> = async ({ tasks, text }, _, performing) => {
  const closed: number[] = [];
  for (const uniq of tasks) {
    const outcome = await performing.outcomeOf(uniq);
    // Order is kept for a number; the client was missed on another one.
    if (outcome === undefined && (await performing.isWaiting(uniq))) throw new CrmError("crm/not-its-turn");
    // It was never added: put aside, or discarded by hand.
    if (outcome?.kind !== "task") continue;
    if (await close(outcome.taskId, text, performing)) closed.push(outcome.taskId);
  }
  return { kind: "tasks-closed", taskIds: closed };
};

/** @returns false when a person was there before us */
async function close(taskId: number, text: string, { api }: Performing): Promise<boolean> {
  const path = `/api/v4/tasks/${taskId}`;
  const task = await api.entity(path);
  if (task === undefined || readTask(task).isCompleted) return false;
  try {
    await api.write("PATCH", path, { is_completed: true, result: { text } }, () => undefined);
    return true;
  } catch (error) {
    if (error instanceof CrmError && error.code === "crm/entity-gone") return false;
    throw error;
  }
}
