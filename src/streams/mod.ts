/**
 * Streams in a cache, `tiercel/streams`: values that are larger than memory, responses and blobs.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { settle } from "../maybe.ts";
import type { AnyScopes } from "../scope/types.ts";
import { abortable } from "../timeout.ts";
import { StreamLoads } from "./loads.ts";
import { pruneOrphans } from "./orphans.ts";
import { fromResponse, toBlob, toResponse } from "./response.ts";
import { canOpen } from "./stored.ts";
import type { Streams, StreamsOptions } from "./types.ts";
import { View } from "./view.ts";
import { Writer } from "./writer.ts";

/**
 * Gives a cache, namespace or scope streams. A stream is an entry of the cache under its key, with ttl, tags and version as any; `cache.get` shows
 * it as an object with a field `tiercel-stream`. Bodies of at most one chunk are part of that entry. Longer ones are cut into chunks, which are
 * kept in the tiers below memory alone, and seen by no `keys`, `entries` or `size`.
 *
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { streams } from "tiercel/streams";
 *
 * const files = streams(createCache());
 * await files.set("greeting", new Blob(["Hello"]), { ttl: "1h", meta: { language: "en" } });
 * const found = await files.get("greeting");
 * if (found) await new Response(found.body).text();
 * ```
 */
export function streams(cache: Cache<AnyScopes>, options: StreamsOptions = {}): Streams {
  const view = new View(cache, options);
  const { verbs, space, shelf, room } = view;
  const writer = new Writer(view);
  const loads = new StreamLoads(writer);
  return {
    set: (key, source, options) => writer.set(key, source, options),
    get: async (key, options) => (await view.get(key, options))?.found,
    getOrSet: (key, loader, options) => loads.getOrSet(key, loader, options),
    async has(key, options) {
      verbs.check(options);
      const seen = await abortable(view.look(key), options?.signal);
      return seen !== undefined && canOpen(seen.manifest, view.limits.ring);
    },
    async delete(key, options) {
      verbs.check(options);
      const text = space.encode(key);
      const before = settle(() => view.peek(text));
      const deleted = await abortable(
        settle(() => verbs.delete([key])),
        options?.signal,
      );
      view.retire(text, (await before)?.manifest);
      return deleted > 0;
    },
    async setResponse(key, response, options) {
      const { body, meta } = fromResponse(response);
      await writer.set(key, body, { ...options, meta }, "response");
    },
    getResponse: async (key, options) => toResponse(await view.get(key, options)),
    async setBlob(key, blob, options) {
      await writer.set(key, blob, { ...options, meta: { type: (Object(blob) as Blob).type } }, "blob");
    },
    getBlob: async (key, options) => toBlob(await view.get(key, options)),
    async prune(options) {
      verbs.check(options);
      return shelf ? pruneOrphans(shelf, room, verbs.engine, options?.signal) : 0;
    },
  };
}

export type {
  FoundStream,
  LoadedStream,
  StreamGetOptions,
  StreamInfo,
  StreamLoadContext,
  StreamLoader,
  StreamLoadOptions,
  StreamSetOptions,
  StreamSource,
  Streams,
  StreamsOptions,
} from "./types.ts";
