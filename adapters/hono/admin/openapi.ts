/**
 * The OpenAPI 3.1 document of the API.
 *
 * @module
 */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { Admin } from "./options.ts";
import type { ApiRoute, ObjectSchema } from "./route.ts";

/** A JSON Schema. */
type Schema = Record<string, unknown> & { properties?: Record<string, Record<string, unknown>>; required?: string[] };

/** An error as every answer has it. */
const ERROR = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: { code: { type: "string" }, message: { type: "string" } },
      required: ["code", "message"],
    },
  },
  required: ["error"],
};

const FAILURES = { 400: "The request is wrong", 401: "A token is missing or wrong", 403: "The change is refused" };

/** The document: of each route its parameters and its body, by the schemas that check them. */
export function openApi(admin: Admin, routes: readonly ApiRoute[], server: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of routes) {
    paths[one.path] ??= {};
    paths[one.path]![one.method] = operation(one);
  }
  const hasToken = admin.tokens.length > 0;
  return {
    openapi: "3.1.0",
    info: {
      title: `Tiercel: cache ${admin.cache.name}`,
      version: "1",
      description: "Looks at a cache, and changes it.",
    },
    servers: [{ url: server || "/" }],
    paths,
    components: {
      schemas: { Error: ERROR },
      ...(hasToken && { securitySchemes: { token: { type: "http", scheme: "bearer" } } }),
    },
    ...(hasToken && { security: [{ token: [] }] }),
  };
}

function operation({
  method,
  path,
  summary,
  query,
  body,
  answer,
  type = "application/json",
  others,
}: ApiRoute): object {
  const words = path.split(/\W+/).filter((word) => word !== "");
  const parameters = query && schemaOf(query);
  const schema = type === "application/json" ? { type: "object" } : { type: "string" };
  const failure = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };
  const failures = Object.entries({ ...FAILURES, ...others }).map(([status, description]) => [
    status,
    { description, content: failure },
  ]);
  return {
    operationId: words.reduce((id, word) => id + word[0]!.toUpperCase() + word.slice(1), method),
    summary,
    ...(parameters && {
      parameters: Object.entries(parameters.properties ?? {}).map(([name, { description, ...rest }]) => ({
        name,
        in: "query",
        required: parameters.required?.includes(name) ?? false,
        ...(description !== undefined && { description }),
        schema: rest,
      })),
    }),
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: schemaOf(body) } } } }),
    responses: {
      200: { description: answer, content: { [type]: { schema } } },
      ...Object.fromEntries(failures),
    },
  };
}

/** Of texts that stand for numbers, the numbers. */
function schemaOf(schema: ObjectSchema): Schema {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    target: "draft-2020-12",
    typeMode: "output",
    errorMode: "ignore",
  });
  return rest as Schema;
}
