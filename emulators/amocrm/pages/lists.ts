/** The pipeline as a board with «Неразобранное», the lists of contacts and companies, «Аналитика → Звонки». */
import { phonesOf } from "../crm/entities.ts";
import type { Lead, Pipeline, Unsorted } from "../crm/model.ts";
import { isCallNote } from "../crm/notes.ts";
import { cardLink } from "./cards.ts";
import { durationText, personText, phoneLink, playLink, timeText } from "./feed.ts";
import type { Page, View } from "./layout.ts";
import { escapeHtml } from "./plain.ts";

const ROWS = 200;

export function drawBoard(view: View): Page {
  const { account, t, exchange } = view;
  const pipeline = account.pipelines.get(Number(exchange.params["id"])) ?? account.mainPipeline();
  const tabs = [...account.pipelines.values()].map(
    ({ id, name }) =>
      `<a class="js-navigate-link" href="/leads/pipeline/${id}"${id === pipeline.id ? ' aria-current="page"' : ""}>${escapeHtml(name)}</a>`,
  );
  const leads = Map.groupBy(
    account.visible("leads").filter((lead): lead is Lead => lead.type === "leads" && lead.pipeline_id === pipeline.id),
    (lead) => lead.status_id,
  );
  const columns = pipeline.statuses.map((status) => {
    const cards =
      status.type === 1 ? unsortedOf(view, pipeline) : (leads.get(status.id) ?? []).map((lead) => leadTile(view, lead));
    return `<section class="column" aria-label="${escapeHtml(status.name)}" style="--stage:${escapeHtml(status.color)}">
      <h2>${escapeHtml(status.name)} <span class="quiet" data-live="count-${status.id}"><i data-key="n">${cards.length}</i></span></h2>
      <div data-live="status-${status.id}" class="tiles">${cards.slice(0, ROWS).join("")}</div></section>`;
  });
  const html = `<h1 class="tabs">${t.leads}: ${tabs.join(" ")}</h1><div class="board">${columns.join("")}</div>`;
  return { title: `${t.leads}: ${pipeline.name}`, area: "leads-pipeline", html };
}

function leadTile({ account, t }: View, lead: Lead): string {
  const contact = account.links.of("leads", lead.id, "contacts").flatMap(({ id }) => account.contacts.get(id) ?? [])[0];
  return `<article class="tile" data-key="lead-${lead.id}"><h3>${cardLink(lead, lead.name || t.noName)}</h3>
    <p>${lead.price.toLocaleString("ru-RU")} ₽ ${contact ? cardLink(contact, contact.name) : ""}</p></article>`;
}

function unsortedOf(view: View, pipeline: Pipeline): string[] {
  return [...view.account.unsorted.values()]
    .filter((one) => one.decision === null && one.pipeline_id === pipeline.id)
    .reverse()
    .map((one) => unsortedTile(view, one));
}

function unsortedTile(view: View, { uid, metadata, lead_id, created_at }: Unsorted): string {
  const { account, t } = view;
  const lead = account.leads.get(lead_id);
  const { phone, duration, link, service_code, call_responsible } = metadata;
  return `<article class="tile" data-key="unsorted-${uid}" data-uid="${uid}"><h3>${lead ? cardLink(lead, lead.name) : ""}</h3>
    <p>${phoneLink(String(phone))}<br>${timeText(account, created_at)} → ${escapeHtml(personText(view, call_responsible))}</p>
    <p>${playLink(view, service_code, link)} <span class="feed-note__call-duration">${durationText(Number(duration ?? 0))}</span></p>
    <p><button type="button" class="primary" data-unsorted="accept">${t.accept}</button>
      <button type="button" data-unsorted="decline">${t.decline}</button></p></article>`;
}

export function drawList(view: View, type: "contacts" | "companies"): Page {
  const { account, t } = view;
  const rows = account
    .visible(type)
    .slice(-ROWS)
    .reverse()
    .map(
      (entity) => `<tr data-key="${type}-${entity.id}"><td>${cardLink(entity, entity.name || t.noName)}</td>
      <td>${phonesOf(account, entity).map(phoneLink).join("<br>")}</td>
      <td>${escapeHtml(personText(view, entity.responsible_user_id || undefined))}</td></tr>`,
    );
  const add = type === "contacts" ? `<a class="js-navigate-link" href="/contacts/add/">${t.newContact}</a>` : "";
  const html = `<h1>${t[type]} ${add}</h1><table><thead><tr><th>${t.name}</th><th>${t.phone}</th><th>${t.responsible}</th></tr></thead>
    <tbody data-live="rows">${rows.join("")}</tbody></table>`;
  return { title: t[type], area: type, html };
}

/** Only notes whose author is the responsible user are counted (docs/protocols/amocrm-platform.md#a-call-as-a-note). */
export function drawCallStats(view: View): Page {
  const { account, t } = view;
  const counted = [...account.notes.values()].filter(
    (note) => isCallNote(note) && note.created_by === note.responsible_user_id,
  );
  const rows = [...account.users.values()].map((user) => {
    const own = counted.filter((note) => note.created_by === user.id);
    const incoming = own.filter((note) => note.note_type === "call_in").length;
    const talk = own.reduce((sum, note) => sum + Number(note.params["duration"] ?? 0), 0);
    return `<tr data-key="user-${user.id}" data-user="${user.id}"><th scope="row">${escapeHtml(user.name)}</th><td data-col="in">${incoming}</td>
      <td data-col="out">${own.length - incoming}</td><td data-col="total">${own.length}</td><td data-col="talk">${durationText(talk)}</td></tr>`;
  });
  const html = `<h1>${t.statsTitle}</h1><p class="quiet">${t.statsMore}</p><table class="figures">
    <thead><tr><th>${t.responsible}</th><th>${t.incoming}</th><th>${t.outgoing}</th><th>${t.total}</th><th>${t.talk}</th></tr></thead>
    <tbody data-live="rows">${rows.join("")}</tbody></table>`;
  return { title: t.statsTitle, area: "statsCalls", html };
}
