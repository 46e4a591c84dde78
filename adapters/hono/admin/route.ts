/**
 * Routes of the API as data, from which both the checks of requests and the OpenAPI document are made.
 *
 * @module
 */
import type { Context, Hono, MiddlewareHandler } from "hono";
import { validator } from "hono/validator";
import { type GenericSchema, getDotPath, type InferOutput, safeParse } from "valibot";
import type { Admin } from "./options.ts";

/** A schema of an object. */
export type ObjectSchema = GenericSchema<unknown, Record<string, unknown>>;

/** What a route is given. */
export interface Call<Q, B> {
  readonly admin: Admin;
  readonly c: Context;
  readonly query: Q;
  readonly body: B;
}

/** A route of the API. */
export interface ApiRoute {
  readonly method: "get" | "put" | "post" | "delete";
  /** Below `/api`. */
  readonly path: string;
  readonly summary: string;
  /** Of its parameters, all of which are in the query. */
  readonly query?: ObjectSchema;
  /** Of its JSON body. */
  readonly body?: ObjectSchema;
  /** What it answers, in words. */
  readonly answer: string;
  /** Media type of the answer, where it is not JSON. */
  readonly type?: string;
  /** Other answers than those that all may have, by status. */
  readonly others?: Readonly<Record<number, string>>;
  run(call: Call<Record<string, unknown>, Record<string, unknown>>): unknown;
}

/** A route whose handler knows the types of its schemas. */
export function route<Q extends ObjectSchema = ObjectSchema, B extends ObjectSchema = ObjectSchema>(
  given: Omit<ApiRoute, "run" | "query" | "body"> & {
    readonly query?: Q;
    readonly body?: B;
    run(call: Call<InferOutput<Q>, InferOutput<B>>): unknown;
  },
): ApiRoute {
  return given as unknown as ApiRoute;
}

/** What is wrong with a request. */
export class RequestError extends Error {
  readonly status: 400 | 404 | 409 | 413 | 501 | 503;
  readonly code: string;

  constructor(status: 400 | 404 | 409 | 413 | 501 | 503, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @throws {RequestError} naming what does not fit */
export function fitting<S extends ObjectSchema>(schema: S, what: string, value: unknown): InferOutput<S> {
  const { success, output, issues } = safeParse(schema, value);
  if (success) return output;
  // Not what was received, which may be a secret in the wrong place.
  const said = issues.slice(0, 3).map((issue) => {
    // What is missing is told by its name, as if it had to be that.
    const rule = issue.received === "undefined" ? "there" : wordsOf(issue.expected ?? "right");
    return `${getDotPath(issue) ?? what} must be ${rule}`;
  });
  throw new RequestError(400, "REQUEST", `Cannot use ${what} as ${said.join(", ")}`);
}

/** A rule of a schema as people say it. */
function wordsOf(rule: string): string {
  if (rule === "never") return "left out, as there is no such field";
  return rule === "!0" ? "more than nothing" : rule.replace(/^>=/, "at least ").replace(/^<=/, "at most ");
}

/** Puts routes into an app. */
export function register(app: Hono, admin: Admin, routes: readonly ApiRoute[]): void {
  for (const { method, path, query, body, run } of routes) {
    const checks: MiddlewareHandler[] = [
      ...(query ? [validator("query", (value) => fitting(query, "query", value)) as MiddlewareHandler] : []),
      ...(body ? [validator("json", (value) => fitting(body, "body", value)) as MiddlewareHandler] : []),
    ];
    app.on(method.toUpperCase(), [`/api${path}`], ...checks, async (c) => {
      const validated = (target: "query" | "json"): Record<string, unknown> =>
        (c.req.valid(target as never) as Record<string, unknown> | undefined) ?? {};
      const answer = await run({
        admin,
        c,
        query: query ? validated("query") : {},
        body: body ? validated("json") : {},
      });
      return answer instanceof Response ? answer : c.json(answer as object);
    });
  }
}
