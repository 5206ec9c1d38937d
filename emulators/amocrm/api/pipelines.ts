/** Pipelines of leads and their stages (docs/protocols/amocrm-platform.md#pipelines). */
import type { Pipeline, Status } from "../crm/model.ts";
import { LOST, WON } from "../crm/model.ts";
import { type FieldFault, hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { type Shape, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, intParam, requireAdmin, selfLink } from "./call.ts";
import { type Item, invalid, isItem, readBatch, readItem, requestIdOf } from "./input.ts";

const MOST_PIPELINES = 50;
const MOST_STATUSES = 100;
const COLOR = "#99ccff";

const PIPELINE: Shape = { name: "string", sort: "int", is_main: "bool", is_unsorted_on: "bool", _embedded: "object" };
const STATUS: Shape = { name: "string", sort: "int", color: "string" };

const PIPELINES = "/api/v4/leads/pipelines";
const STATUSES = `${PIPELINES}/{id}/statuses`;

export const pipelineRoutes: readonly ApiRoute[] = [
  {
    method: "GET",
    path: PIPELINES,
    run: (call) => {
      const pipelines = [...call.account.pipelines.values()].sort((a, b) => a.sort - b.sort);
      return hal({
        _total_items: pipelines.length,
        _links: selfLink(call, call.path),
        _embedded: { pipelines: pipelines.map((pipeline) => pipelineView(call, pipeline)) },
      });
    },
  },
  { method: "POST", path: PIPELINES, run: addPipelines },
  { method: "GET", path: `${PIPELINES}/{id}`, run: (call) => hal(pipelineView(call, pipelineOf(call))) },
  { method: "PATCH", path: `${PIPELINES}/{id}`, run: changePipeline },
  { method: "DELETE", path: `${PIPELINES}/{id}`, run: dropPipeline },
  {
    method: "GET",
    path: STATUSES,
    run: (call) => {
      const pipeline = pipelineOf(call);
      return hal({
        _total_items: pipeline.statuses.length,
        _links: selfLink(call, call.path),
        _embedded: { statuses: pipeline.statuses.map((status) => statusView(call, pipeline, status)) },
      });
    },
  },
  { method: "POST", path: STATUSES, run: addStatuses },
  {
    method: "GET",
    path: `${STATUSES}/{statusId}`,
    run: (call) => {
      const pipeline = pipelineOf(call);
      return hal(statusView(call, pipeline, statusOf(call, pipeline)));
    },
  },
  { method: "PATCH", path: `${STATUSES}/{statusId}`, run: changeStatus },
  { method: "DELETE", path: `${STATUSES}/{statusId}`, run: dropStatus },
];

function pipelineOf(call: ApiCall): Pipeline {
  const pipeline = call.account.pipelines.get(intParam(call, "id"));
  if (!pipeline) throw new Problem(404, "Pipeline not found");
  return pipeline;
}

function pipelineView(call: ApiCall, pipeline: Pipeline): object {
  const { statuses, ...own } = pipeline;
  return {
    ...own,
    account_id: call.account.identity.id,
    _links: selfLink(call, `/api/v4/leads/pipelines/${pipeline.id}`),
    _embedded: { statuses: statuses.map((status) => statusView(call, pipeline, status)) },
  };
}

function statusOf(call: ApiCall, pipeline: Pipeline): Status {
  const status = pipeline.statuses.find(({ id }) => id === intParam(call, "statusId"));
  if (!status) throw new Problem(404, "Status not found");
  return status;
}

const isSystem = ({ id, type }: Status): boolean => type === 1 || id === WON || id === LOST;

const statusView = (call: ApiCall, pipeline: Pipeline, status: Status): object => ({
  ...status,
  is_editable: !isSystem(status),
  pipeline_id: pipeline.id,
  account_id: call.account.identity.id,
  _links: selfLink(call, `/api/v4/leads/pipelines/${pipeline.id}/statuses/${status.id}`),
});

/** Each has three stages of its own accord; the others are the client's. */
function addPipelines(call: ApiCall): Reply {
  requireAdmin(call);
  const { account } = call;
  const items = readBatch(call, (item) => pipelineFaults(item, { ...PIPELINE, name: "string!" }));
  if (account.pipelines.size + items.length > MOST_PIPELINES)
    throw new Problem(400, `Limit ${MOST_PIPELINES} pipelines`);
  const pipelines = items.map((item, index) => {
    const pipeline: Pipeline = {
      id: account.nextId(),
      name: String(item["name"]),
      sort: Number(item["sort"] ?? 10),
      is_main: item["is_main"] === true,
      is_unsorted_on: item["is_unsorted_on"] !== false,
      is_archive: false,
      statuses: [
        { id: account.nextId(), name: "Неразобранное", sort: 10, color: "#c1c1c1", type: 1 },
        ...givenStatuses(item).map((status, at) => newStatus(call, status, 20 + at * 10)),
        { id: WON, name: "Успешно реализовано", sort: 10_000, color: "#CCFF66", type: 0 },
        { id: LOST, name: "Закрыто и не реализовано", sort: 11_000, color: "#D5D8DB", type: 0 },
      ],
    };
    keep(call, pipeline);
    return { ...pipelineView(call, pipeline), request_id: requestIdOf(item, index) };
  });
  return hal({ _total_items: pipelines.length, _links: selfLink(call, call.path), _embedded: { pipelines } });
}

/** There is one main pipeline: another one that becomes it takes its place. */
function keep({ account }: ApiCall, pipeline: Pipeline): void {
  if (pipeline.is_main) {
    for (const other of account.pipelines.values()) account.pipelines.set(other.id, { ...other, is_main: false });
  }
  account.pipelines.set(pipeline.id, pipeline);
}

function changePipeline(call: ApiCall): Reply {
  requireAdmin(call);
  const before = pipelineOf(call);
  const { name = before.name, sort = before.sort, is_main, is_unsorted_on } = checked(call, PIPELINE);
  const pipeline: Pipeline = {
    ...before,
    name: String(name),
    sort: Number(sort),
    is_main: is_main === true || before.is_main,
    is_unsorted_on: is_unsorted_on === undefined ? before.is_unsorted_on : is_unsorted_on === true,
  };
  keep(call, pipeline);
  return hal(pipelineView(call, pipeline));
}

/** Not known, chosen: the words of the refusals. A pipeline with leads is not deleted, nor the main one. */
function dropPipeline(call: ApiCall): Reply {
  requireAdmin(call);
  const { id, is_main } = pipelineOf(call);
  const isUsed = call.account.visible("leads").some((lead) => lead.type === "leads" && lead.pipeline_id === id);
  if (is_main || isUsed) throw new Problem(400, "The pipeline can not be deleted");
  call.account.pipelines.delete(id);
  return noContent;
}

function addStatuses(call: ApiCall): Reply {
  requireAdmin(call);
  const pipeline = pipelineOf(call);
  const items = readBatch(call, (item) => shapeFaults(item, { ...STATUS, name: "string!" }));
  if (pipeline.statuses.length + items.length > MOST_STATUSES)
    throw new Problem(400, `Limit ${MOST_STATUSES} statuses`);
  const added = items.map((item) => newStatus(call, item, 20));
  setStatuses(call, pipeline, [...pipeline.statuses, ...added]);
  const statuses = added.map((status, index) => ({
    ...statusView(call, pipeline, status),
    request_id: requestIdOf(items[index], index),
  }));
  return hal({ _total_items: statuses.length, _links: selfLink(call, call.path), _embedded: { statuses } });
}

function changeStatus(call: ApiCall): Reply {
  requireAdmin(call);
  const pipeline = pipelineOf(call);
  const before = statusOf(call, pipeline);
  const { name = before.name, sort = before.sort, color = before.color } = checked(call, STATUS);
  // The stages that every pipeline has may be called otherwise, and no more.
  const moved = isSystem(before) ? {} : { sort: Number(sort), color: String(color) };
  const status: Status = { ...before, name: String(name), ...moved };
  setStatuses(call, pipeline, [...pipeline.statuses.filter(({ id }) => id !== status.id), status]);
  return hal(statusView(call, pipeline, status));
}

function dropStatus(call: ApiCall): Reply {
  requireAdmin(call);
  const pipeline = pipelineOf(call);
  const status = statusOf(call, pipeline);
  const isUsed = call.account.visible("leads").some((lead) => lead.type === "leads" && lead.status_id === status.id);
  if (isSystem(status) || isUsed) throw new Problem(400, "The status can not be deleted"); // Not known, chosen
  setStatuses(
    call,
    pipeline,
    pipeline.statuses.filter(({ id }) => id !== status.id),
  );
  return noContent;
}

function setStatuses({ account }: ApiCall, pipeline: Pipeline, statuses: readonly Status[]): void {
  account.pipelines.set(pipeline.id, { ...pipeline, statuses: statuses.toSorted((a, b) => a.sort - b.sort) });
}

const newStatus = ({ account }: ApiCall, item: Item, sort: number): Status => ({
  id: account.nextId(),
  name: String(item["name"]),
  sort: Number(item["sort"] ?? sort),
  color: String(item["color"] ?? COLOR),
  type: 0,
});

/** Stages that a new pipeline brings; won and lost it has anyway. */
function givenStatuses(item: Item): Item[] {
  const statuses = isItem(item["_embedded"]) ? item["_embedded"]["statuses"] : undefined;
  return Array.isArray(statuses) ? statuses.filter(isItem).filter(({ id }) => id !== WON && id !== LOST) : [];
}

function pipelineFaults(item: Item, shape: Shape): FieldFault[] {
  const statuses = givenStatuses(item).flatMap((status, at) =>
    shapeFaults(status, { ...STATUS, name: "string!" }, `_embedded.statuses.${at}.`),
  );
  return [...shapeFaults(item, shape), ...statuses];
}

function checked(call: ApiCall, shape: Shape): Item {
  const item = readItem(call);
  const faults = shapeFaults(item, shape);
  if (faults.length > 0) throw invalid(faults);
  return item;
}
