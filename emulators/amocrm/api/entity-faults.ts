/** What is wrong with leads, contacts, companies and customers as clients write them (docs/protocols/amocrm-platform.md#errors). */
import type { Account } from "../crm/account.ts";
import type { EntityInput } from "../crm/entities.ts";
import type { EntityType, FieldDefinition } from "../crm/model.ts";
import type { FieldFault } from "../http/reply.ts";
import { badChoice, notAnArray, type Shape, shapeFaults } from "../http/shape.ts";
import { type Item, isActiveUser, isItem } from "./input.ts";

const COMMON: Shape = {
  name: "string",
  responsible_user_id: "int",
  created_by: "int",
  updated_by: "int",
  created_at: "int",
  updated_at: "int",
  custom_fields_values: "array?",
  tags_to_add: "array",
  tags_to_delete: "array",
  _embedded: "object",
};
const SHAPES: Readonly<Record<EntityType, Shape>> = {
  leads: { ...COMMON, price: "int", status_id: "int", pipeline_id: "int", loss_reason_id: "int?", closed_at: "int?" },
  contacts: { ...COMMON, first_name: "string", last_name: "string" },
  companies: COMMON,
  customers: { ...COMMON, next_price: "int", next_date: "int?" },
};

/**
 * What is wrong with a lead, contact or company that a client wants to write.
 * @param inFull contacts and companies may stand in it whole, without an id
 */
export function entityFaults(account: Account, type: EntityType, item: Item, inFull = false): FieldFault[] {
  const faults = shapeFaults(item, SHAPES[type]);
  if (faults.length > 0) return faults;
  const { responsible_user_id, pipeline_id, status_id, custom_fields_values } = item as EntityInput; // types are checked
  if (responsible_user_id !== undefined && !isActiveUser(account, responsible_user_id))
    faults.push(badChoice("responsible_user_id"));
  if (type === "leads") {
    const pipelines =
      pipeline_id === undefined ? [...account.pipelines.values()] : [account.pipelines.get(pipeline_id)];
    if (!pipelines.some((pipeline) => pipeline !== undefined)) faults.push(badChoice("pipeline_id"));
    else if (status_id !== undefined && !pipelines.some((one) => one?.statuses.some(({ id }) => id === status_id))) {
      faults.push(badChoice("status_id"));
    }
  }
  const valuesFaults = (value: Item, at: string) => fieldFaults(account, type, value, at);
  faults.push(...listFaults(custom_fields_values, "custom_fields_values", valuesFaults));
  const embedded: Item = isItem(item["_embedded"]) ? item["_embedded"] : {};
  for (const [path, tags] of Object.entries({
    tags_to_add: item["tags_to_add"],
    tags_to_delete: item["tags_to_delete"],
    "_embedded.tags": embedded["tags"],
  }))
    faults.push(...listFaults(tags, path, (tag, at) => shapeFaults(tag, { id: "scalar?", name: "string?" }, at)));
  for (const other of ["contacts", "companies"] as const) {
    const isKnown = ({ id }: Item) => (id === undefined ? inFull : account.find(other, Number(id)) !== undefined);
    const linkFaults = (link: Item, at: string): readonly FieldFault[] => {
      const own = shapeFaults(link, { id: "scalar" }, at);
      return own.length > 0 || isKnown(link) ? own : [badChoice(`${at}id`)];
    };
    faults.push(...listFaults(embedded[other], `_embedded.${other}`, linkFaults));
  }
  return faults;
}

/** What is wrong with a list of objects, which need not be there, and with each of them. */
function listFaults(
  list: unknown,
  path: string,
  faultsOf: (item: Item, prefix: string) => readonly FieldFault[],
): readonly FieldFault[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return [notAnArray(path)];
  return list.flatMap((item: unknown, at) =>
    isItem(item) ? faultsOf(item, `${path}.${at}.`) : [notAnArray(`${path}.${at}`)],
  );
}

function fieldFaults(account: Account, type: EntityType, value: Item, prefix: string): readonly FieldFault[] {
  const field = account.fields[type].find(
    ({ id, code }) => id === value["field_id"] || (code !== null && code === value["field_code"]),
  );
  // Clients send both keys and a null in the one that they do not mean.
  if (!field) return [badChoice(`${prefix}${(value["field_id"] ?? null) === null ? "field_code" : "field_id"}`)];
  if (value["values"] === undefined) return shapeFaults(value, { values: "array!" }, prefix);
  return listFaults(value["values"], `${prefix}values`, (one, at) => valueFaults(field, one, at));
}

function valueFaults({ type, enums }: FieldDefinition, one: Item, prefix: string): readonly FieldFault[] {
  const [enum_id, enum_code] = [one["enum_id"] ?? undefined, one["enum_code"] ?? undefined];
  // A choice of a list needs no other value; what is given otherwise is a text, a number, or yes and no.
  const isChoice = type !== "multitext" && enum_id !== undefined;
  const isPlain = ["string", "number", "boolean"].includes(typeof one["value"]);
  const missing = isChoice || isPlain ? [] : shapeFaults(one, { value: "scalar!" }, prefix);
  const isFree = enums === null || (enum_id === undefined && enum_code === undefined);
  const isKnown = isFree || enums.some(({ id, value: code }) => id === enum_id || code === enum_code);
  return [...missing, ...(isKnown ? [] : [badChoice(`${prefix}${enum_id === undefined ? "enum_code" : "enum_id"}`)])];
}
