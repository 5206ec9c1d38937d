/** The API's own description, OpenAPI 3.1, made from the endpoints: what is not there cannot be described. */
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";

export const refusalSchema = z
  .object({ error: z.string(), message: z.string() })
  .meta({ description: "Why it was not done: a code that stays, and a sentence that says what to do." });

/** @param server where the API is: "https://pbx.example.org/api/v1" */
export function openApi(endpoints: readonly Endpoint[], server: string, version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const each of endpoints) {
    paths[each.path] = { ...paths[each.path], [each.method.toLowerCase()]: operationOf(each) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Kommutator", version, description: "What an administrator sees and does." },
    servers: [{ url: server }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "kommutator admin-key makes one" } },
    },
  };
}

function operationOf({ id, summary, path, query, body, answer }: Endpoint): object {
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  return {
    operationId: id,
    summary,
    parameters: [...parts, ...queryParameters(query)],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: toSchema(body, "input") } } },
    }),
    responses: {
      "200": { description: "Done", content: { "application/json": { schema: toSchema(answer, "output") } } },
      default: {
        description: "Not done",
        content: { "application/json": { schema: toSchema(refusalSchema, "output") } },
      },
    },
  };
}

function queryParameters(query: z.ZodType | undefined): object[] {
  if (!query) return [];
  const { properties = {}, required = [] } = toSchema(query, "input") as {
    properties?: Record<string, object>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

/** OpenAPI 3.1 takes JSON Schema as it is; only the dialect is said once for all. */
function toSchema(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
