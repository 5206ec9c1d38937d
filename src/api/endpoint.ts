/** One thing that the API does: described once, for the check of what comes in and for its documentation. */
import type { z } from "zod";
import type { Caller } from "./api-key.ts";

export interface ApiRequest<Query, Body, Headers, Kind extends Caller["kind"]> {
  /** Parts of the path by their names. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
  /** Whose key it was. */
  readonly by: string;
  readonly caller: Extract<Caller, { readonly kind: Kind }>;
}

export interface EndpointSpec<
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
  Headers extends z.ZodObject = z.ZodObject,
  Kind extends Caller["kind"] = "administrator",
> {
  readonly method: "GET" | "POST";
  /** Below the API's root, with parts in braces: "/accounts/{account}". */
  readonly path: string;
  /** Names it in generated clients. */
  readonly id: string;
  readonly summary: string;
  /** Whose keys open it; administrators' when absent. */
  readonly callers?: readonly Kind[];
  /** Parameters after the question mark: an object of values that are written as texts. */
  readonly query?: Query;
  /** The same for headers, named in small letters. */
  readonly headers?: Headers;
  readonly body?: Body;
  readonly answer: Answer;
  /** Codes of the refusals that are its own, with what each means. */
  readonly refusals?: Readonly<Record<string, string>>;
  /** @throws ApiRefusal */
  run(request: ApiRequest<z.output<Query>, z.output<Body>, z.output<Headers>, Kind>): Promise<z.input<Answer>>;
}

/** An endpoint among others, whose types only it knows. */
export type Endpoint = EndpointSpec<z.ZodType, z.ZodType, z.ZodType, z.ZodObject, Caller["kind"]>;

export function endpoint<
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
  Headers extends z.ZodObject,
  Kind extends Caller["kind"] = "administrator",
>(spec: EndpointSpec<Query, Body, Answer, Headers, Kind>): Endpoint {
  // What reaches `run` has been parsed by these very schemas, and comes from one of these callers.
  return spec as unknown as Endpoint;
}

export function callersOf({ callers = ["administrator"] }: Endpoint): readonly Caller["kind"][] {
  return callers;
}

/** Why something was not done, in words that say what to do. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: number;
  readonly code: string;
  /** When it is worth asking again; null: never, as it is. */
  readonly retryAfterSeconds: number | null;

  constructor(status: number, code: string, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
