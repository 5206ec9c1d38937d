/** Tasks (docs/protocols/amocrm-platform.md#tasks). */
import { isEntityType } from "../crm/model.ts";
import { addTask, type TaskInput, updateTask } from "../crm/notes.ts";
import { mayEditTask } from "../crm/rights.ts";
import { formValue, formValues } from "../http/php-form.ts";
import { type FieldFault, hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { badChoice, type Shape, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, intParam, requireRight, selfLink } from "./call.ts";
import { type Item, invalid, isActiveUser, isItem, readBatch, readItem, requestIdOf } from "./input.ts";
import { listReply } from "./list.ts";
import { taskView } from "./views.ts";

const SHAPE: Shape = {
  text: "string",
  complete_till: "int",
  task_type_id: "int",
  duration: "int",
  entity_id: "int?",
  entity_type: "string?",
  responsible_user_id: "int",
  is_completed: "bool",
  created_by: "int",
  updated_by: "int",
  created_at: "int",
};

export const taskRoutes: readonly ApiRoute[] = [
  { method: "GET", path: "/api/v4/tasks", run: listTasks },
  {
    method: "POST",
    path: "/api/v4/tasks",
    run: (call) => {
      const required: Shape = { ...SHAPE, text: "string!", complete_till: "int!" };
      const items = readBatch(call, (item) => taskFaults(call, item, required));
      const tasks = items.map((item, index) => {
        const task = addTask(call.account, writable(item) as TaskInput, call.actor); // checked by taskFaults
        return {
          id: task.id,
          request_id: requestIdOf(item, index),
          _links: selfLink(call, `/api/v4/tasks/${task.id}`),
        };
      });
      return hal({ _links: selfLink(call, call.path), _embedded: { tasks } });
    },
  },
  {
    method: "PATCH",
    path: "/api/v4/tasks",
    run: (call) => {
      const items = readBatch(call, (item) => {
        const missing = shapeFaults(item, { id: "int!" });
        const known = missing.length > 0 || call.account.tasks.has(Number(item["id"]));
        return [...missing, ...(known ? [] : [badChoice("id")]), ...taskFaults(call, item, SHAPE)];
      });
      for (const { id } of items) requireEdit(call, Number(id));
      const tasks = items.flatMap((item, index) =>
        patched(call, Number(item["id"]), item).map((task) => ({ ...task, request_id: requestIdOf(item, index) })),
      );
      return hal({ _links: selfLink(call, call.path), _embedded: { tasks } });
    },
  },
  {
    method: "GET",
    path: "/api/v4/tasks/{id}",
    run: (call) => {
      const task = call.account.tasks.get(intParam(call, "id"));
      return task ? hal(taskView(call.account, task)) : noContent;
    },
  },
  {
    method: "PATCH",
    path: "/api/v4/tasks/{id}",
    run: (call) => {
      const item = readItem(call);
      const faults = taskFaults(call, item, SHAPE);
      if (faults.length > 0) throw invalid(faults);
      requireEdit(call, intParam(call, "id"));
      const [answer] = patched(call, intParam(call, "id"), item);
      if (!answer) throw new Problem(404, "Entity not found"); // chosen: as with other entities
      return hal(answer);
    },
  },
];

/** Only what a client may write; everything else it sends is ignored. An empty result comes back as the list it was. */
function writable(item: Item): Partial<TaskInput> {
  const { result } = item;
  return {
    ...Object.fromEntries(Object.keys(SHAPE).flatMap((key) => (item[key] === undefined ? [] : [[key, item[key]]]))),
    ...(result === undefined ? {} : { result: isItem(result) ? { text: String(result["text"] ?? "") } : null }),
  };
}

function requireEdit(call: ApiCall, id: number): void {
  const task = call.account.tasks.get(id);
  requireRight(!task || mayEditTask(call.account, call.user, task));
}

function patched(call: ApiCall, id: number, item: Item): object[] {
  const task = call.account.tasks.get(id);
  if (!task) return [];
  updateTask(call.account, task, writable(item), call.actor);
  return [{ id, updated_at: task.updated_at, _links: selfLink(call, `/api/v4/tasks/${id}`) }];
}

function taskFaults(call: ApiCall, item: Item, shape: Shape): FieldFault[] {
  const faults = shapeFaults(item, shape);
  if (faults.length > 0) return faults;
  const { entity_type, entity_id, responsible_user_id, result } = item;
  if (isItem(result)) faults.push(...shapeFaults(result, { text: "string" }, "result."));
  if (responsible_user_id !== undefined && !isActiveUser(call.account, responsible_user_id))
    faults.push(badChoice("responsible_user_id"));
  if (entity_type === undefined || entity_type === null) return faults;
  if (!isEntityType(entity_type)) faults.push(badChoice("entity_type"));
  else if (!call.account.find(entity_type, Number(entity_id))) faults.push(badChoice("entity_id"));
  return faults;
}

function listTasks(call: ApiCall): Reply {
  const { tree } = call;
  const among = (name: string) => {
    const wanted = new Set(formValues(tree, "filter", name));
    return (value: unknown) => wanted.size === 0 || wanted.has(String(value));
  };
  const [ids, users, types] = [among("id"), among("responsible_user_id"), among("task_type")];
  const [kinds, entities] = [among("entity_type"), among("entity_id")];
  const completed = formValue(tree, "filter", "is_completed");
  const exact = formValue(tree, "filter", "updated_at");
  const from = Number(formValue(tree, "filter", "updated_at", "from") ?? exact ?? 0);
  const to = Number(formValue(tree, "filter", "updated_at", "to") ?? Number.POSITIVE_INFINITY);
  const found = [...call.account.tasks.values()].filter(
    (task) =>
      ids(task.id) &&
      users(task.responsible_user_id) &&
      types(task.task_type_id) &&
      kinds(task.entity_type) &&
      entities(task.entity_id) &&
      (completed === undefined || task.is_completed === (completed === "1" || completed === "true")) &&
      task.updated_at >= from &&
      task.updated_at <= to,
  );
  for (const field of ["created_at", "complete_till", "id"] as const) {
    const direction = formValue(tree, "order", field);
    if (direction) found.sort((a, b) => (direction === "desc" ? -1 : 1) * (a[field] - b[field] || a.id - b.id));
  }
  return listReply(call, "tasks", found, (task) => taskView(call.account, task));
}
