/** Cards of leads, contacts and companies, and the form of a new contact. */
import { phonesOf, valuesOf } from "../crm/entities.ts";
import type { Contact, Entity, EntityType, Lead } from "../crm/model.ts";
import { drawFeed, phoneLink, timeText } from "./feed.ts";
import type { Page, View } from "./layout.ts";
import { escapeHtml } from "./plain.ts";

const AREA = {
  leads: "leads_card",
  contacts: "contacts_card",
  companies: "companies_card",
  customers: "customers_card",
} as const;

export function drawCard(view: View, type: EntityType): Page {
  const { account, t, exchange } = view;
  const entity = account.find(type, Number(exchange.params["id"]));
  if (!entity) return { title: t.gone, area: AREA[type], html: `<h1>${t.gone}</h1>`, status: 404 };
  const title = entity.name || t.noName;
  const html = `<div class="card"><section class="card-fields"><h1>${escapeHtml(title)}</h1>
    ${entity.is_deleted ? `<p class="quiet">${t.deleted}</p>` : ""}
    <div data-live="fields"><div data-key="fields">${drawFields(view, entity)}</div></div>
    <div data-live="tasks">${drawTasks(view, entity)}</div></section>
    ${drawFeed(view, entity)}
    <aside id="widgets_block" class="card-widgets" aria-label="${t.widgets}"></aside></div>`;
  return {
    title,
    area: AREA[type],
    html,
    card: { type, id: entity.id, contacts: contactsOf(view, entity).map((one) => contactData(view, one)) },
  };
}

const contactsOf = ({ account }: View, entity: Entity): Contact[] =>
  entity.type === "contacts"
    ? [entity]
    : account.links.of(entity.type, entity.id, "contacts").flatMap(({ id }) => account.contacts.get(id) ?? []);

const contactData = ({ account }: View, contact: Contact) => ({
  id: contact.id,
  name: contact.name,
  first_name: contact.first_name,
  last_name: contact.last_name,
  phones: phonesOf(account, contact),
  emails: valuesOf(account, contact, "EMAIL"),
});

export const cardLink = (entity: Entity, text: string): string =>
  `<a class="js-navigate-link" href="/${entity.type}/detail/${entity.id}">${escapeHtml(text)}</a>`;

const row = (name: string, value: string) => `<dt>${name}</dt><dd>${value}</dd>`;

function drawFields(view: View, entity: Entity): string {
  const { account, t } = view;
  const rows = entity.type === "leads" ? leadRows(view, entity) : [];
  rows.push(row(t.responsible, userSelect(view, entity)));
  for (const field of account.fields[entity.type]) {
    const values = entity.fields.get(field.id) ?? [];
    const shown = values.map(({ value }) => (field.code === "PHONE" ? phoneLink(String(value)) : escapeHtml(value)));
    if (shown.length > 0) rows.push(row(escapeHtml(field.name), shown.join("<br>")));
  }
  if (entity.tags.length > 0) rows.push(row(t.tags, entity.tags.map((tag) => escapeHtml(tag.name)).join(", ")));
  return `<dl>${rows.join("")}</dl>${linkedRows(view, entity)}`;
}

function leadRows({ account, t }: View, lead: Lead): string[] {
  const statuses = account.pipelines.get(lead.pipeline_id)?.statuses ?? [];
  const options = statuses.map(
    ({ id, name }) => `<option value="${id}"${id === lead.status_id ? " selected" : ""}>${escapeHtml(name)}</option>`,
  );
  const pipeline = account.pipelines.get(lead.pipeline_id)?.name ?? "";
  return [
    row(
      t.stage,
      `${escapeHtml(pipeline)} <select data-patch="leads/${lead.id}" name="status_id" aria-label="${t.stage}">${options.join("")}</select>`,
    ),
    row(t.price, `${lead.price.toLocaleString("ru-RU")} ₽`),
  ];
}

function userSelect({ account, t }: View, entity: Entity): string {
  const options = [...account.users.values()]
    .filter((user) => user.is_active || user.id === entity.responsible_user_id)
    .map(
      ({ id, name }) =>
        `<option value="${id}"${id === entity.responsible_user_id ? " selected" : ""}>${escapeHtml(name)}</option>`,
    );
  const nobody = account.users.has(entity.responsible_user_id) ? "" : `<option selected>${t.robot}</option>`;
  return `<select data-patch="${entity.type}/${entity.id}" name="responsible_user_id" aria-label="${t.responsible}">${nobody}${options.join("")}</select>`;
}

/** Everybody linked with the entity, with their numbers: a lead's card shows its contacts' phones too. */
function linkedRows(view: View, entity: Entity): string {
  const { account, t } = view;
  const linked = account.links.of(entity.type, entity.id).flatMap(({ type, id }) => account.find(type, id) ?? []);
  return linked
    .filter((other) => !other.is_deleted)
    .map((other) => {
      const phones = other.type === "leads" ? [] : phonesOf(account, other).map(phoneLink);
      return `<div class="linked"><h3>${cardLink(other, other.name || t.noName)}</h3>${phones.join("<br>")}</div>`;
    })
    .join("");
}

function drawTasks({ account, t }: View, entity: Entity): string {
  const open = [...account.tasks.values()].filter(
    (task) => task.entity_type === entity.type && task.entity_id === entity.id && !task.is_completed,
  );
  return open
    .map(
      (task) => `<label class="task" data-key="task-${task.id}"><input type="checkbox" data-done="${task.id}">
      <strong>${timeText(account, task.complete_till)}</strong> ${escapeHtml(task.text)}
      <span class="quiet">${escapeHtml(account.users.get(task.responsible_user_id)?.name ?? t.robot)}</span></label>`,
    )
    .join("");
}

export function drawNewContact({ t, exchange, user }: View): Page {
  const phone = escapeHtml(exchange.query.get("phone") ?? "");
  const html = `<div class="card"><form class="card-fields" id="stand-new-contact" data-user="${user.id}"><h1>${t.newContact}</h1>
    <label>${t.name} <input name="name" required></label>
    <label>${t.phone} <input name="phone" type="tel" value="${phone}"></label>
    <div class="save-bar"><button class="primary">${t.save}</button></div></form></div>`;
  return { title: t.newContact, area: AREA.contacts, html, card: { type: "contacts", id: 0, contacts: [] } };
}
