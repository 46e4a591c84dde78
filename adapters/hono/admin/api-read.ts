/**
 * Routes that look.
 *
 * @module
 */
import { object, optional } from "valibot";
import { keyOf, listPage, namespacesOf, readEntry, textOf, viewOf } from "./keys.ts";
import type { Admin } from "./options.ts";
import { type ApiRoute, RequestError, route } from "./route.ts";
import { key, placeOfQuery, text, whole } from "./schemas.ts";
import { type Shown, show } from "./view.ts";

/** Characters of a value that are shown unless more are asked for. */
export const PREVIEW = 16_384;

/** Keys of a page unless more are asked for. */
export const PAGE = 50;

/** A value as it may be seen: what `redact` makes of it, and nothing where that fails. */
export function shown({ redact, cache }: Admin, text: string, value: unknown, room: number): Shown {
  if (!redact) return show(value, room);
  try {
    return show(redact(keyOf(text), value), room);
  } catch {
    return {
      type: "error",
      text: `What may be seen of this value of ${cache.name} is not known, since redact has failed`,
    };
  }
}

/** Numbers in a form that JSON has: what is unbounded is left out. */
function finite<T extends object>(numbers: T): T {
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== Infinity)) as T;
}

/** Routes that look at the cache itself. */
export function readRoutes(admin: Admin): ApiRoute[] {
  const { cache, maxPageSize, maxValueBytes } = admin;
  return [
    route({
      method: "get",
      path: "/stats",
      summary: "Counters of the cache since it was made, or of a namespace",
      query: object(placeOfQuery),
      answer: "The counters",
      run: ({ query }) => {
        const stats = viewOf(cache, query).view.stats();
        return { name: cache.name, ...stats, tiers: stats.tiers.map(finite), isDisabled: cache.isDisabled };
      },
    }),
    route({
      method: "get",
      path: "/health",
      summary: "Asks every tier",
      answer: "Whether all, some or none are well, and each with its latency",
      run: async () => {
        const { status, tiers } = await cache.health();
        return { status, tiers: tiers.map(finite) };
      },
    }),
    route({
      method: "get",
      path: "/tiers",
      summary: "The tiers from the top, with what they can do",
      answer: "Tiers",
      run: () => ({
        tiers: cache.stats().tiers.map(({ name }) => ({ name, capabilities: cache.tier(name).capabilities })),
      }),
    }),
    route({
      method: "get",
      path: "/namespaces",
      summary: "Namespaces that have keys, as far as a look at the first 20,000 tells",
      answer: "Names",
      run: async () => ({ namespaces: await namespacesOf(cache) }),
    }),
    route({
      method: "get",
      path: "/keys",
      summary: "Keys, page by page",
      query: object({
        ...placeOfQuery,
        pattern: optional(text("A glob over the keys", 1_024)),
        tag: optional(text("Only entries with this tag", 1_024)),
        tier: optional(text("Only this tier", 256)),
        limit: optional(whole("At most so many", 1, maxPageSize)),
        cursor: optional(whole("What the page before gave", 0, Number.MAX_SAFE_INTEGER)),
      }),
      answer: "Keys, and the cursor of the next page, which is null after the last",
      run: ({ query: { limit = Math.min(PAGE, maxPageSize), ...query }, c }) =>
        listPage(cache, { ...query, limit, signal: c.req.raw.signal }),
    }),
    route({
      method: "get",
      path: "/entry",
      summary: "An entry with its value",
      query: object({
        ...placeOfQuery,
        key,
        tier: optional(text("Only this tier", 256)),
        bytes: optional(whole("How much of the value", 0, maxValueBytes)),
      }),
      answer: "What is known of it, and its value as a tree whose parts may be cut",
      others: { 404: "There is no such entry" },
      run: async ({ query }) => {
        const entry = await readEntry(cache, query, keyOf(query.key), query.tier);
        if (!entry) throw new RequestError(404, "ABSENT", "There is no entry under this key");
        return {
          ...entry,
          value: shown(admin, query.key, entry.value, query.bytes ?? Math.min(PREVIEW, maxValueBytes)),
        };
      },
    }),
    route({
      method: "get",
      path: "/explain",
      summary: "What every tier has under a key, and why that is a hit or not",
      query: object({ ...placeOfQuery, key }),
      answer: "The explanation",
      run: async ({ query }) => {
        const { tiers, ...rest } = await viewOf(cache, query).view.explain(keyOf(query.key));
        return {
          ...rest,
          key: textOf(rest.key),
          tiers: tiers.map((tier) => ({ ...finite(tier), ...(tier.key && { key: textOf(tier.key) }) })),
        };
      },
    }),
  ];
}
