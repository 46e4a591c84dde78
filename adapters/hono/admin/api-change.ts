/**
 * Routes that change something.
 *
 * @module
 */
import { literal, object, optional, strictObject, unknown } from "valibot";
import { ValueError } from "../../../src/errors.ts";
import { countHits, invalidate, keyOf, type Target, viewOf } from "./keys.ts";
import type { Admin } from "./options.ts";
import { type ApiRoute, route } from "./route.ts";
import { duration, key, placeOfBody, placeOfQuery, tags, target, text } from "./schemas.ts";

/** Routes that change entries. */
export function changeRoutes({ cache }: Admin): ApiRoute[] {
  return [
    route({
      method: "put",
      path: "/entry",
      summary: "Stores a value",
      body: strictObject({
        ...placeOfBody,
        key,
        value: unknown(),
        ttl: optional(duration),
        grace: optional(duration),
        tags: optional(tags),
      }),
      answer: "That it is stored",
      others: { 413: "The value is too large" },
      run: async ({ body: { key, value, namespace, scope, ids, ...options } }) => {
        if (value === undefined) throw new ValueError("Cannot store a value as it must be there: received nothing");
        const given = Object.fromEntries(Object.entries(options).filter(([, option]) => option !== undefined));
        await viewOf(cache, { namespace, scope, ids }).view.set(keyOf(key), value, given);
        return { stored: key };
      },
    }),
    route({
      method: "delete",
      path: "/entry",
      summary: "Deletes an entry from every tier, or drops it from one",
      query: object({ ...placeOfQuery, key, tier: optional(text("Only from this tier", 256)) }),
      answer: "Whether it was there",
      run: async ({ query }) => {
        const { view } = viewOf(cache, query);
        const { tier } = query;
        const existed = await (tier === undefined
          ? view.delete(keyOf(query.key))
          : view.evict(keyOf(query.key), { tier }));
        return { key: query.key, existed };
      },
    }),
    route({
      method: "post",
      path: "/expire",
      summary: "Gives an entry a new time to live from now on; 0 deletes it",
      body: strictObject({ ...placeOfBody, key, ttl: duration, grace: optional(duration) }),
      answer: "Whether it was there",
      run: async ({ body }) => {
        const { ttl, grace } = body;
        const options = { ttl, ...(grace !== undefined && { grace }) };
        return { key: body.key, existed: await viewOf(cache, body).view.touch(keyOf(body.key), options) };
      },
    }),
    route({
      method: "post",
      path: "/invalidate",
      summary: "Invalidates by tags, pattern, scope or profile",
      body: target,
      answer: "That it is done",
      run: async ({ body }) => {
        await invalidate(cache, body as { namespace?: string }, body as Target);
        return { invalidated: body.by };
      },
    }),
    route({
      method: "post",
      path: "/count",
      summary: "How many entries an invalidation would hit, without doing it",
      body: target,
      answer: "The number, and whether all entries were looked at, of which there are at most 200,000",
      run: ({ body, c }) => countHits(cache, body as { namespace?: string }, body as Target, c.req.raw.signal),
    }),
    route({
      method: "post",
      path: "/prune",
      summary: "Removes what has expired",
      answer: "How many entries that were",
      run: async () => ({ pruned: (await cache.prune()).length }),
    }),
    route({
      method: "post",
      path: "/clear",
      summary: "Deletes everything, or everything in one tier",
      body: strictObject({
        ...placeOfBody,
        confirm: literal(cache.name),
        tier: optional(text("Only from this tier", 256)),
      }),
      answer: "That it is done",
      run: async ({ body }) => {
        await viewOf(cache, body).view.clear(body.tier === undefined ? {} : { tier: body.tier });
        return { cleared: cache.name };
      },
    }),
  ];
}
