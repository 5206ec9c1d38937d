/** Where leads come from: each integration names its own sources (docs/protocols/amocrm-platform.md#sources). */
import type { Source } from "../crm/model.ts";
import { formValues } from "../http/php-form.ts";
import { type FieldFault, hal, noContent, type Reply } from "../http/reply.ts";
import { badChoice, type Shape, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, intParam, notFound, selfLink } from "./call.ts";
import { type Item, invalid, readBatch, readItem, requestIdOf } from "./input.ts";
import { listReply } from "./list.ts";

const SHAPE: Shape = {
  name: "string",
  external_id: "string",
  pipeline_id: "int",
  default: "bool",
  services: "array",
};

export const sourceRoutes: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/v4/sources",
    run: (call) => {
      const wanted = new Set(formValues(call.tree, "filter", "external_id"));
      const found = ownSources(call).filter(({ external_id }) => wanted.size === 0 || wanted.has(external_id));
      return listReply(call, "sources", found, (source) => sourceView(call, source), { total: true });
    },
  },
  { method: "POST", path: "/api/v4/sources", run: addSources },
  { method: "PATCH", path: "/api/v4/sources", run: changeSources },
  {
    method: "DELETE",
    path: "/api/v4/sources",
    run: (call) => {
      for (const { id } of readBatch(call, (item) => knownFaults(call, item))) call.account.sources.delete(Number(id));
      return noContent;
    },
  },
  { method: "GET", path: "/api/v4/sources/{id}", run: (call) => hal(sourceView(call, sourceOf(call))) },
  {
    method: "PATCH",
    path: "/api/v4/sources/{id}",
    run: (call) => {
      const item = readItem(call);
      const faults = sourceFaults(call, item, SHAPE);
      if (faults.length > 0) throw invalid(faults);
      return hal(sourceView(call, changed(call, sourceOf(call), item)));
    },
  },
  {
    method: "DELETE",
    path: "/api/v4/sources/{id}",
    run: (call) => {
      call.account.sources.delete(sourceOf(call).id);
      return noContent;
    },
  },
];

const ownSources = (call: ApiCall): Source[] =>
  [...call.account.sources.values()].filter(({ clientId }) => clientId === call.actor.clientId);

function sourceOf(call: ApiCall): Source {
  const id = intParam(call, "id");
  const source = ownSources(call).find((one) => one.id === id);
  if (!source) throw notFound(call);
  return source;
}

function addSources(call: ApiCall): Reply {
  const required: Shape = { ...SHAPE, name: "string!", external_id: "string!" };
  const sources = readBatch(call, (item) => sourceFaults(call, item, required)).map((item, index) => {
    const source: Source = {
      id: call.account.nextId(),
      clientId: call.actor.clientId,
      name: String(item["name"]),
      external_id: String(item["external_id"]),
      pipeline_id: call.account.mainPipeline().id,
      default: false,
      services: [],
      ...writable(item),
    };
    call.account.sources.set(source.id, source);
    return { ...sourceView(call, source), request_id: requestIdOf(item, index) };
  });
  return hal({ _total_items: sources.length, _links: selfLink(call, call.path), _embedded: { sources } });
}

function changeSources(call: ApiCall): Reply {
  const items = readBatch(call, (item) => [...knownFaults(call, item), ...sourceFaults(call, item, SHAPE)]);
  const sources = items.flatMap((item) => {
    const source = call.account.sources.get(Number(item["id"]));
    return source ? [sourceView(call, changed(call, source, item))] : [];
  });
  return hal({ _total_items: sources.length, _links: selfLink(call, call.path), _embedded: { sources } });
}

function changed({ account }: ApiCall, before: Source, item: Item): Source {
  const source = { ...before, ...writable(item) };
  account.sources.set(source.id, source);
  return source;
}

function knownFaults(call: ApiCall, item: Item): FieldFault[] {
  const missing = shapeFaults(item, { id: "int!" });
  const isKnown = missing.length > 0 || ownSources(call).some(({ id }) => id === item["id"]);
  return isKnown ? missing : [badChoice("id")];
}

const writable = (item: Item): Partial<Source> =>
  Object.fromEntries(Object.keys(SHAPE).flatMap((key) => (item[key] === undefined ? [] : [[key, item[key]]])));

function sourceFaults({ account }: ApiCall, item: Item, shape: Shape): FieldFault[] {
  const faults = shapeFaults(item, shape);
  const { pipeline_id } = item;
  const isKnown = typeof pipeline_id !== "number" || account.pipelines.has(pipeline_id);
  return isKnown ? faults : [...faults, badChoice("pipeline_id")];
}

function sourceView(call: ApiCall, { clientId: _owner, ...source }: Source): object {
  return { ...source, _links: selfLink(call, `/api/v4/sources/${source.id}`) };
}
