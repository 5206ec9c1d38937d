/** Contacts as a company has them: each third with a second number, each tenth with an open lead. */
import type { ClientIndex, IndexedClient, IndexedLead } from "../../src/clients/client-index.ts";
import { readPhoneKeys } from "../../src/clients/phone-key.ts";

export const ACCOUNT = "main";
/** As many as amoCRM gives at once. */
export const PAGE = 250;
const SEEN_AT = 1_750_000_000;

/** Numbers of the mobile range, scattered as real ones are: the same n always gives the same number. */
export const phoneOf = (n: number): string => `+79${String((n * 7_919_993) % 1_000_000_000).padStart(9, "0")}`;

function toContact(n: number): IndexedClient {
  const written = n % 3 === 0 ? `${phoneOf(n)}; 8 495 ${String(n % 10_000_000).padStart(7, "0")}` : phoneOf(n);
  return {
    kind: "contact",
    id: n,
    name: `Иван Иванович Иванов-${n}`,
    responsibleUserId: 504_141 + (n % 20),
    companyId: null,
    phones: readPhoneKeys(written, "RU"),
    updatedAt: SEEN_AT + n,
  };
}

const toLead = (n: number): IndexedLead => ({
  id: 3_000_000 + n,
  name: `Сделка ${n}`,
  price: n,
  pipelineId: 3_177_727,
  statusId: 32_392_159,
  responsibleUserId: 504_141,
  clients: [{ kind: "contact", id: n }],
  updatedAt: SEEN_AT,
});

/** Writes `count` contacts from the `first` on as the first load does. */
export async function putPage(index: ClientIndex, first: number, count: number): Promise<void> {
  const page = Array.from({ length: count }, (_, at) => first + at);
  await index.putClients(ACCOUNT, page.map(toContact), SEEN_AT);
  await index.putLeads(ACCOUNT, page.filter((n) => n % 10 === 0).map(toLead), SEEN_AT);
}
