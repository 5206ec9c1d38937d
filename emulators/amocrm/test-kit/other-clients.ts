/**
 * Other people's amoCRM clients at work, as a program of its own: they speak HTTPS only, and which certificates are
 * trusted is decided when a process starts (NODE_EXTRA_CA_CERTS). What to connect to is in STAND; what came of it is
 * printed as JSON.
 */
import https from "node:https";
import { Amo } from "@shevernitskiy/amo";
import { Client } from "amocrm-js";

export interface StandAddress {
  /** With its port. */
  readonly host: string;
  readonly client: "amocrm-js" | "@shevernitskiy/amo";
  readonly auth: { readonly client_id: string; readonly client_secret: string; readonly redirect_uri: string };
  readonly code: string;
}

/** What each client made, by the CRM's numbers of it. */
export interface MadeByOther {
  /** Names of all contacts, as the client lists them. */
  readonly contacts: readonly string[];
  readonly contact: number;
  readonly lead: number;
  readonly note: number;
  readonly task: number;
  readonly unsorted: string;
}

const CALL = {
  uniq: "чужой-1",
  duration: 12,
  source: "Чужая АТС",
  phone: "+79169990011",
  link: "https://pbx.example.org/1.mp3",
  call_status: 4,
  call_result: "",
} as const;
const UNSORTED = {
  source_uid: "other",
  source_name: "Чужая АТС",
  created_at: 1_751_600_000,
  metadata: {
    phone: "79169990022",
    from: "79169990022",
    called_at: 1_751_600_000,
    duration: 5,
    link: "",
    service_code: "other",
    uniq: "чужой-2",
    is_call_event_needed: true,
  },
  _embedded: { leads: [{ name: "Чужой лид" }], contacts: [{ name: "Чужой" }], companies: [] },
} as const;
const DUE = 2_000_000_000;

/** Uses objects that save themselves, and plain requests where it has no objects. */
async function withAmocrmJs({ host, auth, code }: StandAddress): Promise<MadeByOther> {
  const [name = "", port] = host.split(":");
  // It knows no other port than the usual one.
  Object.assign(https.globalAgent, { defaultPort: Number(port) });
  const client = new Client({ domain: name, auth: { ...auth, code } });
  const { request } = client;
  const contact = new client.Contact({ name: "Чужой клиент" });
  await contact.save();
  contact.name = "Чужой клиент, исправлен";
  await contact.save();
  const lead = new client.Lead({ name: "Чужая сделка" });
  await lead.save();
  const task = new client.Task({
    text: "Позвонить",
    complete_till: DUE,
    entity_id: Number(lead.id),
    entity_type: "leads",
  });
  await task.save();
  const note = await request.post(`/api/v4/leads/${lead.id}/notes`, [{ note_type: "call_in", params: CALL }]);
  const unsorted = await request.post("/api/v4/leads/unsorted/sip", [UNSORTED]);
  const contacts = await client.contacts.get();
  return {
    contacts: contacts.getData().map((one: { name?: string }) => String(one.name)),
    contact: Number(contact.id),
    lead: Number(lead.id),
    note: firstOf(note.data, "notes").id,
    task: Number(task.id),
    unsorted: firstOf(unsorted.data, "unsorted").uid,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: one client gives plain answers without a type, the other with a wrong one
const firstOf = (data: any, collection: string) => data._embedded[collection][0];

async function withAmo({ host, auth, code }: StandAddress): Promise<MadeByOther> {
  const amo = new Amo(host, { ...auth, grant_type: "authorization_code", code }, { request_delay: 0 });
  const contact: number = firstOf(await amo.contact.addContacts([{ name: "Чужой клиент" }]), "contacts").id;
  await amo.contact.updateContactById(contact, { name: "Чужой клиент, исправлен" });
  const lead: number = firstOf(await amo.lead.addLeads([{ name: "Чужая сделка" }]), "leads").id;
  const note = await amo.note.addNotes("leads", [{ entity_id: lead, note_type: "call_in", params: CALL }]);
  const task = await amo.task.addTasks([
    { text: "Позвонить", complete_till: DUE, entity_id: lead, entity_type: "leads" },
  ]);
  // Its type of an unsorted call asks for fields that amoCRM's own description does not have.
  const unsorted = await amo.unsorted.addUnsortedSip([UNSORTED as never]);
  await lookAround(amo, lead, contact);
  const contacts = (await amo.contact.getContacts())._embedded.contacts;
  return {
    contacts: contacts.map(({ name }) => name),
    contact,
    lead,
    note: firstOf(note, "notes").id,
    task: firstOf(task, "tasks").id,
    unsorted: firstOf(unsorted, "unsorted").uid,
  };
}

/** Whatever else it has a method for; which of them are refused, the stand's log tells. */
async function lookAround(amo: Amo, lead: number, contact: number): Promise<void> {
  await amo.link.addLinksByEntityId(lead, "leads", [{ to_entity_id: contact, to_entity_type: "contacts" } as never]);
  await amo.link.getLinksByEntityId(lead, "leads");
  await amo.lead.addComplex([{ name: "Целиком", _embedded: { contacts: [{ first_name: "Новый" }] } } as never]);
  await amo.tag.addTags("leads", [{ name: "чужой", color: null }] as never);
  await amo.tag.getTags("leads");
  const source = { name: "Чужая АТС", external_id: "other" } as never;
  const { id: sourceId } = firstOf(await amo.source.addSources([source]), "sources");
  await amo.source.updateSourceById(sourceId, { name: "Чужая АТС, другая" } as never);
  await amo.source.deleteSourceById(sourceId);
  const pipeline = { name: "Чужая воронка", sort: 90, is_main: false, is_unsorted_on: true } as const;
  const { id: pipelineId } = firstOf(await amo.pipeline.addPipelines([pipeline]), "pipelines");
  const status = await amo.pipeline.addStatuses(pipelineId, [{ name: "Чужой этап", sort: 20 }]);
  await amo.pipeline.deleteStatusById(firstOf(status, "statuses").id, pipelineId);
  await amo.pipeline.deletePipelineById(pipelineId);
  const field = { name: "Чужое поле", type: "select", enums: [{ value: "Да" }] } as never;
  const { id: fieldId } = firstOf(await amo.custom_fields.addCustomFields("leads", [field]), "custom_fields");
  await amo.custom_fields.deleteCustomFieldById(fieldId, "leads");
  await amo.user.getUsers({ with: ["role", "group"] as never });
  await amo.event.getEvents({ with: ["lead_name"] as never });
  await amo.event.getEventsTypes("ru");
  const form = { source_uid: "site", source_name: "Сайт", metadata: { form_id: "1", form_name: "Форма" } } as never;
  const { uid } = firstOf(await amo.unsorted.addUnsortedForm([form]), "unsorted");
  await amo.unsorted.getUnsortedByUid(uid);
  await amo.unsorted.getUnsortedSummary();
}

if (import.meta.main) {
  // biome-ignore lint/style/noProcessEnv: a test hands it over with the certificate, which the environment must name
  const stand = JSON.parse(process.env["STAND"] ?? "{}") as StandAddress; // written by the test that starts this
  const made = stand.client === "amocrm-js" ? await withAmocrmJs(stand) : await withAmo(stand);
  process.stdout.write(JSON.stringify(made));
}
