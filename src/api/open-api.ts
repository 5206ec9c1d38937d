/** The API's own description, OpenAPI 3.1, made from the endpoints: what is not there cannot be described. */
import { z } from "zod";
import { callersOf, type Endpoint } from "./endpoint.ts";

export const refusalSchema = z
  .object({ error: z.string(), message: z.string() })
  .meta({ description: "Why it was not done: a code that stays, and a sentence that says what to do." });

/** Refusals that any operation may give, by their codes. */
export const COMMON_REFUSALS = {
  "key-wanted": "Send a key that stands in the settings: Authorization: Bearer …",
  "not-for-this-key":
    "This key opens other operations: an administrator's does not command phones, an employee's shows his own calls.",
  "not-acceptable": "The request is not as its description wants it; the message names each mistake.",
  "too-many-requests": "Ask again after so many seconds as Retry-After says.",
} as const;

/** Messages that receivers of webhooks are sent: one form, and the types that it comes in. */
export interface DescribedMessages {
  readonly types: readonly string[];
  readonly schema: z.ZodType;
}

/** @param server where the API is: "https://pbx.example.org/api/v1" */
export function openApi(
  endpoints: readonly Endpoint[],
  messages: DescribedMessages,
  server: string,
  version: string,
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const each of endpoints) {
    paths[each.path] = { ...paths[each.path], [each.method.toLowerCase()]: operationOf(each) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Kommutator",
      version,
      description:
        "Employees' keys: what their panels show and do. Administrators' keys: what amoCRM and other programs are told.",
    },
    servers: [{ url: server }],
    security: [{ key: [] }],
    paths,
    webhooks: Object.fromEntries(messages.types.map((type) => [type, webhookOf(type)])),
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "kommutator api-key makes one" } },
      schemas: { message: toSchema(messages.schema, "output") },
    },
  };
}

function webhookOf(type: string): object {
  const headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  return {
    post: {
      operationId: `on-${type}`,
      summary: `A receiver is told: ${type}`,
      security: [],
      parameters: headers.map((name) => ({ name, in: "header", required: true, schema: { type: "string" } })),
      requestBody: {
        required: true,
        content: { "application/json": { schema: { $ref: "#/components/schemas/message" } } },
      },
      responses: {
        "2XX": { description: "Taken" },
        "4XX": { description: "Refused as it is, and set aside; 408 and 429 are tried again" },
        default: { description: "Sent again later" },
      },
    },
  };
}

function operationOf(endpoint: Endpoint): object {
  const { id, summary, path, query, headers, body, answer, refusals } = endpoint;
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  return {
    operationId: id,
    summary,
    description: `Keys of: ${callersOf(endpoint)
      .map((kind) => `${kind}s`)
      .join(", ")}.`,
    tags: [...callersOf(endpoint)],
    parameters: [...parts, ...parametersIn("query", query), ...parametersIn("header", headers)],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: toSchema(body, "input") } } },
    }),
    responses: {
      "200": { description: "Done", content: { "application/json": { schema: toSchema(answer, "output") } } },
      default: {
        description: refusalsInWords({ ...refusals, ...COMMON_REFUSALS }),
        content: { "application/json": { schema: toSchema(refusalSchema, "output") } },
      },
    },
  };
}

function refusalsInWords(refusals: Readonly<Record<string, string>>): string {
  const lines = Object.entries(refusals).map(([code, words]) => `- \`${code}\`: ${words}`);
  return ["Not done. `error` is one of:", "", ...lines].join("\n");
}

function parametersIn(place: "query" | "header", values: z.ZodType | undefined): object[] {
  if (!values) return [];
  const { properties = {}, required = [] } = toSchema(values, "input") as {
    properties?: Record<string, object>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema,
  }));
}

/** OpenAPI 3.1 takes JSON Schema as it is; only the dialect is said once for all. */
function toSchema(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
