/** Authorised requests to one amoCRM account: takes turns, renews access, and says what each refusal means. */
import { z } from "zod";
import type { Access } from "./access.ts";
import { CrmError } from "./crm-error.ts";
import { type CrmHttp, type CrmRequest, type CrmResponse, LONGEST_RETRY_AFTER_SECONDS } from "./crm-http.ts";
import { list, text } from "./loose.ts";
import type { Lane, Urgency } from "./rate-limit.ts";

export interface CrmClientDeps {
  readonly http: CrmHttp;
  readonly lane: Lane;
  readonly access: Access;
  /** Is told each failure before the caller is. */
  readonly onFailure: (error: CrmError) => void;
}

export class CrmClient {
  readonly #deps: CrmClientDeps;

  constructor(deps: CrmClientDeps) {
    this.#deps = deps;
  }

  /**
   * @returns the answer's JSON; undefined for "there is nothing" (204)
   * @throws CrmError
   */
  async ask(urgency: Urgency, request: Omit<CrmRequest, "headers">): Promise<unknown> {
    try {
      return await this.#ask(urgency, request);
    } catch (error) {
      if (error instanceof CrmError) {
        if (error.code === "crm/rate-limited") this.#deps.lane.pause((error.context.retryAfterSeconds ?? 1) * 1000);
        this.#deps.onFailure(error);
      }
      throw error;
    }
  }

  async #ask(urgency: Urgency, request: Omit<CrmRequest, "headers">): Promise<unknown> {
    const { access } = this.#deps;
    const token = await access.token();
    let answer = await this.#send(urgency, request, token);
    if (answer.status === 401) answer = await this.#send(urgency, request, await access.tokenInsteadOf(token));
    if (answer.status === 403 && answer.json !== undefined && !(await this.#isBlocked())) {
      throw refusal(answer, request, "crm/forbidden");
    }
    return read(answer, request);
  }

  async #send(urgency: Urgency, request: Omit<CrmRequest, "headers">, token: string): Promise<CrmResponse> {
    using _ = await this.#deps.lane.turn(urgency);
    return await this.#deps.http.send({ ...request, headers: { authorization: `Bearer ${token}` } });
  }

  /** One 403 says "you may not do this", the same 403 says "you may do nothing": only asking something harmless tells. */
  async #isBlocked(): Promise<boolean> {
    const token = await this.#deps.access.token();
    const { status } = await this.#send("person", { method: "GET", path: "/api/v4/account" }, token);
    return status === 403;
  }
}

function read(answer: CrmResponse, request: Omit<CrmRequest, "headers">): unknown {
  const { status, text, json } = answer;
  if (status === 204) return undefined;
  if (status >= 200 && status < 300) {
    if (json !== undefined || text.trim() === "") return json;
    throw refusal(answer, request, "crm/unreadable"); // a page of some proxy in between
  }
  if (status === 401) throw refusal(answer, request, "crm/unauthorised");
  if (status === 402) throw refusal(answer, request, "crm/unpaid");
  if (status === 403) throw refusal(answer, request, "crm/blocked");
  if (status === 429) throw refusal(answer, request, "crm/rate-limited");
  // The API says so in JSON; a page is somebody's who stands before it, and says nothing of the card or of the request.
  const isPage = json === undefined && text.trim() !== "";
  if (status < 500 && isPage) throw refusal(answer, request, "crm/unreadable");
  if (status === 404) throw refusal(answer, request, "crm/entity-gone");
  // 502–504 come from what stands before the API: nothing will pass. A 500 is the API's own, about this very request.
  if (status > 500) throw refusal(answer, request, "crm/unavailable");
  if (status === 500) throw refusal(answer, request, "crm/server-error");
  if (status >= 400) throw refusal(answer, request, "crm/invalid");
  throw refusal(answer, request, "crm/unreadable"); // a redirect: the account moved, or something stands in between
}

const problemSchema = z.object({
  title: text,
  detail: text,
  retry_after: z.coerce
    .number()
    .nonnegative()
    .catch(0)
    .transform((seconds) => Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS)),
  "validation-errors": list(z.object({ request_id: text, errors: list(z.object({ path: text, detail: text })) })).catch(
    [],
  ),
});

/** No answer of these proves that nothing was done. */
const DOUBTFUL = new Set<CrmError["code"]>(["crm/unreadable", "crm/unavailable", "crm/server-error"]);

function refusal(answer: CrmResponse, { method }: Omit<CrmRequest, "headers">, code: CrmError["code"]): CrmError {
  const problem = problemSchema.safeParse(answer.json).data;
  const refused = problem?.["validation-errors"] ?? [];
  const wrongFields = refused.flatMap(({ errors }) => errors.map(({ path, detail }) => `${path || "?"}: ${detail}`));
  const detail = wrongFields.slice(0, 3).join("; ") || problem?.detail || problem?.title;
  // amoCRM was seen to send neither; Kommo documents the field, and what stands before the API may send the header.
  const retryAfterSeconds = problem?.retry_after || answer.retryAfterSeconds;
  const badItems = refused.map(({ request_id }) => request_id).filter((id) => id !== "");
  return new CrmError(code, {
    status: answer.status,
    mayHaveHappened: method !== "GET" && DOUBTFUL.has(code),
    ...(detail && { detail }),
    ...(badItems.length > 0 && { badItems }),
    ...(answer.requestId && { requestId: answer.requestId }),
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  });
}
