/** The stand's controls as JSON under `/_stand/`; `GET /_stand` lists them. */

import type { EntityInput } from "../crm/entities.ts";
import { isEntityType } from "../crm/model.ts";
import type { Seed } from "../crm/seed.ts";
import type { Exchange } from "../http/exchange.ts";
import { json, noContent, type Reply } from "../http/reply.ts";
import { createRouter, type Route } from "../http/router.ts";
import type { IntegrationInput } from "../oauth/integrations.ts";
import { smallCompany } from "../small-company.ts";
import { ArchiveError } from "../widgets/archive.ts";
import { StandControls, StandError, type StandOptions } from "./controls.ts";
import { FAULT_KINDS, type Fault } from "./faults.ts";

interface Order {
  readonly exchange: Exchange;
  readonly controls: StandControls;
  readonly params: Readonly<Record<string, string>>;
  readonly input: Readonly<Record<string, unknown>>;
}

interface ControlRoute extends Route<Order, Reply | Promise<Reply>> {
  readonly help: string;
}

const done = (work: () => void): Reply => {
  work();
  return noContent;
};
const numberOf = (value: unknown): number | undefined =>
  value === undefined || value === null ? undefined : Number(value);

const routes: readonly ControlRoute[] = [
  {
    method: "GET",
    path: "/_stand",
    help: "this list",
    run: () => json(routes.map(({ method, path, help }) => ({ method, path, help }))),
  },
  {
    method: "POST",
    path: "/_stand/reset",
    help: 'everything starts anew; body {"seed": {...}} or nothing for the small company',
    run: async ({ controls, input }) => {
      await controls.reset((input["seed"] as Seed | undefined) ?? smallCompany());
      return noContent;
    },
  },
  {
    method: "GET",
    path: "/_stand/requests",
    help: "the request log; ?method= &path= (beginning) &status= &integration= &after_seq=",
    run: ({ controls, exchange: { query } }) => {
      const text = (name: string) => (query.has(name) ? { [name]: query.get(name) ?? "" } : {});
      const after = query.has("after_seq") ? { afterSeq: Number(query.get("after_seq")) } : {};
      const status = query.has("status") ? { status: Number(query.get("status")) } : {};
      return json(
        controls.requests({ ...text("method"), ...text("path"), ...text("integration"), ...status, ...after }),
      );
    },
  },
  {
    method: "DELETE",
    path: "/_stand/requests",
    help: "empties the log",
    run: ({ controls }) => done(() => controls.clearRequests()),
  },
  {
    method: "POST",
    path: "/_stand/faults",
    help: `spoils the next requests; {"kind", "times", "method"?, "path"?, "moreThan"?, "ms"?, "performed"?}; kinds: ${FAULT_KINDS.join(", ")}`,
    run: ({ controls, input }) => done(() => controls.addFault(readFault(input))),
  },
  {
    method: "DELETE",
    path: "/_stand/faults",
    help: "forgets planned faults",
    run: ({ controls }) => done(() => controls.clearFaults()),
  },
  {
    method: "GET",
    path: "/_stand/faults",
    help: "planned faults",
    run: ({ exchange }) => json(exchange.world.faults.list()),
  },
  {
    method: "POST",
    path: "/_stand/options",
    help: '{"perIntegration", "perAccount", "lockOutAfter", "body", "is_api_filter_enabled", "is_paid", "customers_mode", "duplicate_control", "index_delay_ms", "csp"}, each optional',
    run: ({ controls, input }) => done(() => controls.setOptions(input as StandOptions)),
  },
  {
    method: "POST",
    path: "/_stand/rename",
    help: '{"subdomain", "host"}: the account has another name from now on, and its old host answers 401',
    run: ({ controls, input }) =>
      done(() => controls.rename(String(input["subdomain"] ?? ""), String(input["host"] ?? ""))),
  },
  {
    method: "POST",
    path: "/_stand/limits/reset",
    help: "opens a lock-out",
    run: ({ controls }) => done(() => controls.resetLimits()),
  },
  {
    method: "GET",
    path: "/_stand/invariants",
    help: "doubles by uniq, duplicate contacts, uncounted calls",
    run: ({ controls }) => json(controls.invariants()),
  },
  {
    method: "GET",
    path: "/_stand/deliveries",
    help: "webhooks that were sent, with their answers",
    run: ({ controls }) => json(controls.deliveries()),
  },
  {
    method: "POST",
    path: "/_stand/deliveries/again",
    help: '{"times"?}: a storm: every webhook that was sent is sent again so often, the newest first',
    run: ({ controls, input }) => done(() => controls.stormWebhooks(Number(input["times"] ?? 1))),
  },
  {
    method: "GET",
    path: "/_stand/pop-ups",
    help: "ringing pop-ups that were asked for",
    run: ({ controls }) => json(controls.popUps()),
  },
  {
    method: "POST",
    path: "/_stand/clock",
    help: '{"advance_ms"}: pushes the time forward, due webhooks are retried on the way',
    run: async ({ controls, input, exchange }) => {
      await controls.advance(Number(input["advance_ms"] ?? 0));
      return json({ now: exchange.world.clock.now() });
    },
  },
  {
    method: "POST",
    path: "/_stand/integrations",
    help: '{"redirect_uri", "client_id"?, "client_secret"?, "name"?, "kind"?, "disabling_hook"?}: registers or changes one',
    run: ({ controls, input }) => {
      if (typeof input["redirect_uri"] !== "string") throw new StandError("redirect_uri is missing");
      const { client_id, client_secret, redirect_uri } = controls.registerIntegration(
        input as unknown as IntegrationInput,
      );
      return json({ client_id, client_secret, redirect_uri }, 201);
    },
  },
  {
    method: "POST",
    path: "/_stand/integrations/{id}/code",
    help: '{"user_id"?}: a code as in the tab "Keys"',
    run: ({ controls, params, input }) =>
      json({ code: controls.issueCode(params["id"] ?? "", numberOf(input["user_id"])) }),
  },
  {
    method: "POST",
    path: "/_stand/integrations/{id}/long-lived-token",
    help: '{"days"?, "user_id"?}',
    run: ({ controls, params, input }) =>
      json({
        access_token: controls.issueLongLivedToken(
          params["id"] ?? "",
          numberOf(input["days"]),
          numberOf(input["user_id"]),
        ),
      }),
  },
  {
    method: "POST",
    path: "/_stand/integrations/{id}/install-hook",
    help: "calls the redirect address with a code and from_widget",
    run: ({ controls, params }) => done(() => controls.fireInstallHook(params["id"] ?? "")),
  },
  {
    method: "POST",
    path: "/_stand/integrations/{id}/disable",
    help: "kills all tokens and calls the disabling hook",
    run: ({ controls, params }) => done(() => controls.disableIntegration(params["id"] ?? "")),
  },
  {
    method: "PUT",
    path: "/_stand/integrations/{id}/widget",
    help: "body: the archive (zip); ?active=0 leaves it uninstalled, ?install_hook=1 calls the redirect address, ?settings={json}",
    run: ({ controls, params, exchange: { body, query } }) => {
      const id = params["id"] ?? "";
      const settings = query.get("settings");
      const { code } = controls.uploadWidget(body, id, {
        active: query.get("active") !== "0",
        ...(settings === null ? {} : { settings: JSON.parse(settings) as Record<string, unknown> }),
      });
      if (query.get("install_hook") === "1") controls.fireInstallHook(id);
      return json({ code }, 201);
    },
  },
  {
    method: "POST",
    path: "/_stand/entities/{type}",
    help: "creates a lead, contact or company as a person would; body as in the API",
    run: ({ controls, params, input }) =>
      json({ id: controls.createEntity(typeOf(params), input as EntityInput).id }, 201),
  },
  {
    method: "DELETE",
    path: "/_stand/entities/{type}/{id}",
    help: "a person deletes it",
    run: ({ controls, params }) => done(() => controls.deleteEntity(typeOf(params), Number(params["id"]))),
  },
  {
    method: "POST",
    path: "/_stand/entities/{type}/{id}/restore",
    help: "a person takes it out of the trash",
    run: ({ controls, params }) => done(() => controls.restoreEntity(typeOf(params), Number(params["id"]))),
  },
  {
    method: "POST",
    path: "/_stand/entities/{type}/{id}/absorb",
    help: '{"id"}: that one is merged into this one',
    run: ({ controls, params, input }) => {
      const type = typeOf(params);
      if (type !== "contacts" && type !== "companies") throw new StandError(`${type} cannot be merged here`);
      return done(() => controls.mergeEntities(type, Number(params["id"]), Number(input["id"])));
    },
  },
];

const match = createRouter(routes);

export async function performControl(exchange: Exchange): Promise<Reply> {
  const found = match(exchange.method, exchange.path);
  if (!found.found) return json({ error: `no such control; GET ${exchange.world.url}/_stand lists them` }, 404);
  try {
    const isJson = exchange.body.length > 0 && exchange.method === "POST";
    const parsed: unknown = isJson ? JSON.parse(exchange.body.toString("utf8")) : {};
    const input = typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
    const controls = new StandControls(exchange.world, exchange.account);
    return await found.route.run({ exchange, controls, params: found.params, input });
  } catch (error) {
    if (error instanceof ArchiveError)
      return json({ error: "the widget archive is refused", faults: error.faults }, 422);
    if (error instanceof StandError || error instanceof SyntaxError) return json({ error: error.message }, 400);
    throw error;
  }
}

function typeOf(params: Readonly<Record<string, string>>) {
  const { type } = params;
  if (!isEntityType(type)) throw new StandError(`no kind of entity "${type}": leads, contacts, companies or customers`);
  return type;
}

function readFault(input: Readonly<Record<string, unknown>>): Fault {
  const kind = FAULT_KINDS.find((one) => one === input["kind"]);
  if (!kind) throw new StandError(`unknown kind of fault "${input["kind"]}": ${FAULT_KINDS.join(", ")}`);
  return { ...(input as Partial<Fault>), kind, times: Number(input["times"] ?? 1) };
}
