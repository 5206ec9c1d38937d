/** One thing that the administrative API does: described once, for the check of what comes in and for its documentation. */
import type { z } from "zod";

export interface ApiRequest<Query, Body> {
  /** Parts of the path by their names. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** Whose key it was. */
  readonly by: string;
}

export interface EndpointSpec<Query extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType> {
  readonly method: "GET" | "POST";
  /** Below the API's root, with parts in braces: "/accounts/{account}". */
  readonly path: string;
  /** Names it in generated clients. */
  readonly id: string;
  readonly summary: string;
  /** Parameters after the question mark: an object of values that are written as texts. */
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
  /** @throws ApiRefusal */
  run(request: ApiRequest<z.output<Query>, z.output<Body>>): Promise<z.input<Answer>>;
}

/** An endpoint among others, whose types only it knows. */
export type Endpoint = EndpointSpec<z.ZodType, z.ZodType, z.ZodType>;

export function endpoint<Query extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType>(
  spec: EndpointSpec<Query, Body, Answer>,
): Endpoint {
  // What reaches `run` has been parsed by these very schemas.
  return spec as unknown as Endpoint;
}

/** Why something was not done, in words that say what to do. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
