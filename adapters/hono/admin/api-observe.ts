/**
 * Routes for what observers tell, where there are any.
 *
 * @module
 */
import { nullable, number, object, optional, picklist, strictObject } from "valibot";
import { eventStream } from "./event-stream.ts";
import { textOf } from "./keys.ts";
import type { Admin } from "./options.ts";
import { type ApiRoute, RequestError, route } from "./route.ts";
import { duration, tags, text, whole } from "./schemas.ts";

/** What to pass to the router for each. */
const OBSERVERS = {
  hotKeys: "hotKeys: hotKeys(cache)",
  accessLog: "accessLog: accessLog(cache)",
  evictionLog: "evictionLog: evictionLog(cache)",
  profiles: "profiles: profiles(cache)",
  metrics: "metrics: prometheus(cache)",
};

const MISSING = { 501: "The router was not given the observer" };

/** How to attach an observer, in words. */
export function missing(name: keyof typeof OBSERVERS): string {
  return `Give adminRouter ${OBSERVERS[name]} to see this`;
}

function given<N extends keyof typeof OBSERVERS>(admin: Admin, name: N): NonNullable<Admin[N]> {
  const observer = admin[name];
  if (!observer) throw new RequestError(501, "NOT_ATTACHED", missing(name));
  return observer as NonNullable<Admin[N]>;
}

/** Routes for what observers tell. */
export function observeRoutes(admin: Admin): ApiRoute[] {
  const { cache, maxPageSize } = admin;
  const limit = optional(whole("At most so many", 1, maxPageSize));
  const some = Math.min(50, maxPageSize);
  return [
    route({
      method: "get",
      path: "/hot-keys",
      summary: "The keys that are read most",
      query: object({ limit }),
      answer: "Keys with the number of reads",
      others: MISSING,
      run: ({ query }) => {
        const hot = given(admin, "hotKeys");
        return {
          total: hot.total,
          keys: hot.top(query.limit ?? some).map((row) => ({ ...row, key: textOf(row.key) })),
        };
      },
    }),
    route({
      method: "get",
      path: "/logs/accesses",
      summary: "Which keys were read",
      query: object({ limit, order: optional(picklist(["last", "count"])) }),
      answer: "Rows, the latest or the most read first",
      others: MISSING,
      run: async ({ query: { limit = some, order = "last" } }) => {
        const rows = await given(admin, "accessLog").list({ limit, order });
        return { rows: rows.map((row) => ({ ...row, key: textOf(row.key) })) };
      },
    }),
    route({
      method: "get",
      path: "/logs/evictions",
      summary: "What left, and why",
      query: object({ limit }),
      answer: "Rows, the latest first",
      others: MISSING,
      run: async ({ query: { limit = some } }) => {
        const rows = await given(admin, "evictionLog").list({ limit });
        return { rows: rows.map((row) => ({ ...row, key: textOf(row.key) })) };
      },
    }),
    route({
      method: "get",
      path: "/metrics",
      summary: "Metrics for Prometheus",
      answer: "Prometheus's text format",
      type: "text/plain",
      others: MISSING,
      run: ({ c }) => {
        const metrics = given(admin, "metrics");
        return c.body(metrics.text(), 200, { "content-type": metrics.contentType });
      },
    }),
    route({
      method: "get",
      path: "/events",
      summary:
        "Events as they happen, as server-sent events; those that a client does not take in time are lost, and counted. Of a namespace or scope: reads, and what is gone",
      answer: "A stream",
      type: "text/event-stream",
      others: { 503: "Too many streams are open" },
      run: ({ c }) => eventStream(admin, c),
    }),
    route({
      method: "get",
      path: "/profiles",
      summary: "All profiles",
      answer: "Profiles, and the name of the one in force",
      others: MISSING,
      run: async () => {
        const all = given(admin, "profiles");
        return { current: all.current.name, profiles: await all.list() };
      },
    }),
    route({
      method: "put",
      path: "/profiles",
      summary: "Keeps a profile, in the place of one of the same name",
      body: strictObject({
        name: text("Its name", 64),
        ttl: optional(duration),
        sweepInterval: optional(duration),
        maxEntries: optional(nullable(number())),
        tags: optional(tags),
      }),
      answer: "The profile",
      others: MISSING,
      run: ({ body: { maxEntries, ...rest } }) =>
        given(admin, "profiles").save({ ...rest, maxEntries: maxEntries ?? undefined }),
    }),
    route({
      method: "post",
      path: "/profiles/use",
      summary: "Puts a profile in force",
      body: strictObject({ name: text("Its name", 64) }),
      answer: "The profile",
      others: MISSING,
      run: ({ body }) => given(admin, "profiles").use(body.name),
    }),
    route({
      method: "delete",
      path: "/profiles",
      summary: "Deletes a profile that is neither in force nor the default one",
      query: object({ name: text("Its name", 64) }),
      answer: "That it is deleted",
      others: MISSING,
      run: async ({ query }) => {
        await given(admin, "profiles").delete(query.name);
        return { deleted: query.name, cache: cache.name };
      },
    }),
  ];
}
