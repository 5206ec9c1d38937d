/**
 * Clients as the CRM knows them, kept here so that no CRM request is made while a phone rings.
 * "client" is whoever stands behind a phone number: a contact or a company, with their open leads.
 */
export interface OpenLead {
  readonly id: number;
  readonly name: string;
  readonly price: number | null;
  readonly pipelineId: number;
  readonly pipelineName: string | null;
  readonly statusId: number;
  readonly statusName: string | null;
  readonly responsibleUserId: number | null;
}

export interface Client {
  readonly kind: "contact" | "company";
  readonly id: number;
  readonly name: string;
  /** Company of a contact. */
  readonly companyId: number | null;
  readonly companyName: string | null;
  readonly responsibleUserId: number | null;
  /** Only leads that are neither won nor lost, newest first. */
  readonly openLeads: readonly OpenLead[];
}

/** Implemented by `store/`, filled by `amocrm/` from the first load, webhooks and catch-up. */
export interface ClientDirectory {
  /** All clients behind a number, best first; empty when unknown. Makes no request to the CRM. */
  findByPhone(account: string, phone: string): Promise<readonly Client[]>;
}
