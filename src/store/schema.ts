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
  recording: {
    call_id: string;
    account: string;
    pbx: string;
    state: string;
    body: string;
  };
}
