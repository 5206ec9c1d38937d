/** The feed of a card; calls with the classes that real pages have (docs/protocols/amocrm-platform.md#how-calls-are-shown). */
import type { Account } from "../crm/account.ts";
import type { Entity, Note } from "../crm/model.ts";
import { isCallNote } from "../crm/notes.ts";
import type { View } from "./layout.ts";
import { escapeHtml } from "./plain.ts";

/** A card shows its own notes and those of everybody linked with it, oldest first. */
export function drawFeed(view: View, entity: Entity): string {
  const { account, t } = view;
  const owners = [entity, ...account.links.of(entity.type, entity.id)];
  const notes = owners.flatMap(({ type, id }) => account.notesOf(type, id));
  notes.sort((a, b) => a.created_at - b.created_at || a.id - b.id);
  const drawn = notes.map((note) => (isCallNote(note) ? drawCall(view, note) : drawText(view, note)));
  return `<section class="feed" aria-label="${t.feed}"><h2>${t.feed}</h2>
    <div data-live="feed" class="feed-notes">${drawn.join("") || `<p class="quiet" data-key="empty">${t.empty}</p>`}</div></section>`;
}

export const timeText = (account: Account, seconds: number): string =>
  new Date(seconds * 1000).toLocaleString("ru-RU", {
    timeZone: account.identity.timezone,
    dateStyle: "short",
    timeStyle: "short",
  });

export function durationText(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = `${String(minutes).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

/**
 * Name of the user with this id, otherwise the text as it was written (docs/protocols/amocrm-platform.md#how-calls-are-shown).
 */
export function personText(view: View, value: unknown): string {
  const user = view.account.users.get(Number(value));
  return user?.name ?? (value === undefined || value === null ? view.t.robot : String(value));
}

function drawCall(view: View, note: Note): string {
  const { account, t } = view;
  const { phone, link, source, duration, call_result, call_status, call_responsible } = note.params;
  const isIn = note.note_type === "call_in";
  const employee = personText(view, call_responsible ?? (note.created_by || undefined));
  const number = phoneLink(String(phone ?? ""));
  const people = isIn
    ? `${t.from}: ${number} ${t.to}: ${escapeHtml(employee)}`
    : `${t.from}: ${escapeHtml(employee)} ${t.to}: ${number}`;
  const status = t.statuses[Number(call_status ?? 0)] ?? "";
  const words = [status, String(call_result ?? "")]
    .filter((part) => part !== "")
    .map(escapeHtml)
    .join(", ");
  return `<article class="feed-note feed-note-call ${isIn ? "feed-note-call_in" : "feed-note-call_out"}" data-key="note-${note.id}" data-id="${note.id}" data-author="${note.created_by}">
    <header><span class="feed-note__call-icon" role="img" aria-label="${isIn ? t.callIn : t.callOut}">${isIn ? "↙" : "↗"}</span>
      <time>${timeText(account, note.created_at)}</time> <span class="feed-note__call-people">${people}</span></header>
    <div class="feed-note__call">${playLink(view, source, link)}
      <span class="feed-note__call-duration">${durationText(Number(duration ?? 0))}</span>
      <span class="feed-note__call-status">${words}</span></div></article>`;
}

/** Enabled only when both the source and the link are there (docs/protocols/amocrm-platform.md#how-calls-are-shown). */
export function playLink({ t }: View, source: unknown, link: unknown): string {
  if (!source || !link) return `<span class="feed-note__call-play_disabled" aria-disabled="true">${t.play}</span>`;
  const href = /^https?:/.test(String(link)) ? escapeHtml(link) : "#";
  return `<a class="feed-note__blue-link feed-note__call-player js-call-play" href="${href}" data-prepare="${escapeHtml(source)}">${t.play}</a>
    <a class="feed-note__blue-link" href="${href}" download>${t.download}</a>`;
}

export const phoneLink = (phone: string): string =>
  phone === ""
    ? ""
    : `<a href="tel:${escapeHtml(phone.replaceAll(/[^\d+]/g, ""))}" class="stand-phone js-stand-phone" data-phone="${escapeHtml(phone)}">${escapeHtml(phone)}</a>`;

function drawText(view: View, note: Note): string {
  const { text, service } = note.params;
  return `<article class="feed-note" data-key="note-${note.id}" data-id="${note.id}">
    <header><time>${timeText(view.account, note.created_at)}</time> ${escapeHtml(service ?? personText(view, note.created_by || undefined))}</header>
    <p>${escapeHtml(text ?? note.note_type)}</p></article>`;
}
