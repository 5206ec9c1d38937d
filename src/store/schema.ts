/** The tables, as the SQL files in `migrations/` make them. Times are epoch milliseconds, `body` is JSON. */
import type { Generated } from "kysely";

export interface Schema {
  call_event: {
    seq: Generated<number>;
    account: string;
    pbx: string;
    call_id: string;
    type: string;
    at: number;
    body: string;
  };
  call: {
    id: string;
    account: string;
    pbx: string;
    started_at: number;
    ended_at: number | null;
    body: string;
  };
  call_employee: {
    call_id: string;
    extension: string;
    account: string;
    started_at: number;
  };
  command: {
    id: string;
    account: string;
    pbx: string;
    call_id: string | null;
    kind: string;
    asked_at: number;
    ended_at: number | null;
    body: string;
  };
  recording: {
    call_id: string;
    account: string;
    pbx: string;
    state: string;
    since: number;
    heard_at: number;
    cached_bytes: number;
    body: string;
  };
  listening: {
    id: Generated<number>;
    account: string;
    call_id: string;
    user_id: number | null;
    address: string;
    begun_at: number;
    last_at: number;
    bytes: number;
    reached_seconds: number;
  };
  client: {
    account: string;
    kind: "contact" | "company";
    id: number;
    name: string;
    responsible_user_id: number | null;
    company_id: number | null;
    updated_at: number;
    seen_at: number;
  };
  chosen_client: {
    account: string;
    phone: string;
    kind: "contact" | "company";
    client_id: number;
    chosen_at: number;
  };
  client_phone: {
    account: string;
    kind: "contact" | "company";
    client_id: number;
    national: string;
    e164: string | null;
  };
  lead: {
    account: string;
    id: number;
    name: string;
    price: number | null;
    pipeline_id: number;
    status_id: number;
    responsible_user_id: number | null;
    updated_at: number;
    seen_at: number;
  };
  lead_client: {
    account: string;
    lead_id: number;
    kind: "contact" | "company";
    client_id: number;
  };
  pipeline: {
    account: string;
    id: number;
    name: string;
    position: number;
    is_main: number;
    is_unsorted_on: number;
  };
  pipeline_status: {
    account: string;
    pipeline_id: number;
    id: number;
    name: string;
    position: number;
  };
  index_progress: {
    account: string;
    part: string;
    next_page: number | null;
    loaded: number;
    caught_up_to: number;
    swept_at: number;
  };
  outbox: {
    id: Generated<number>;
    account: string;
    client_key: string;
    call_id: string | null;
    uniq: string | null;
    intent: string | null;
    kind: string | null;
    batch_key: string | null;
    rule: string | null;
    interactive: number;
    state: string;
    due_at: number;
    lease_until: Generated<number>;
    lease_holder: string | null;
    attempts: Generated<number>;
    may_have_happened: Generated<number>;
    reason: string | null;
    outcome: string | null;
    created_at: number;
    settled_at: number | null;
  };
  outbox_position: {
    account: string;
    position: number;
  };
  rule_turn: {
    account: string;
    rule: string;
    turns: number;
  };
  callback_task: {
    account: string;
    uniq: string;
    client_key: string;
  };
  call_word: {
    id: Generated<number>;
    account: string;
    call_id: string;
    said: string | null;
    entity_type: "leads" | "contacts" | "companies" | null;
    entity_id: number | null;
    said_by: string;
    said_at: number;
  };
  amocrm_integration: {
    account: string;
    sealed: string;
  };
  amocrm_grant: {
    account: string;
    sealed: string;
  };
  cdr_check: {
    call_id: string;
    pbx: string;
    verdict: string;
    differences: string;
    told: string | null;
    seen: string | null;
    checked_at: number;
  };
  cdr_progress: {
    pbx: string;
    mark: string;
    since: number;
  };
  api_command: {
    account: string;
    extension: string;
    id: string;
    asked_at: number;
    call_id: string | null;
    command: string;
    outcome: string | null;
    ended_at: number | null;
  };
  webhook_position: {
    account: string;
    webhook: string;
    position: number;
  };
  webhook_delivery: {
    seq: Generated<number>;
    account: string;
    webhook: string;
    message_id: string;
    call_id: string;
    type: string;
    body: string;
    state: string;
    attempts: Generated<number>;
    due_at: number;
    reason: string | null;
    created_at: number;
  };
  written_call: {
    account: string;
    uniq: string;
    client_key: string;
    lead_id: number | null;
    undecided: number;
    body: string;
  };
}
