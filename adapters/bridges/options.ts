/**
 * What the bridges have in common.
 *
 * @module
 */
import type { Cache } from "../../src/api.ts";
import { checkTags } from "../../src/checks.ts";
import type { Duration } from "../../src/duration.ts";
import { checkOptions, methods } from "../../src/errors.ts";
import type { AnyScopes } from "../../src/scope/types.ts";
import { time } from "../options.ts";

/** Options of `keyvStore` and `unstorageDriver`. What they set ends with its ttl: the cache's `grace` and `swr` are not for it. */
export interface BridgeOptions {
  /** Time to live of what the library sets without one; a number is milliseconds. Default: the cache's, which is none unless it was given one. */
  ttl?: Duration | undefined;
  /** Tags of everything that the library sets, so that one `invalidateTags` ends it all. Default none. */
  tags?: readonly string[] | undefined;
}

/**
 * The options, checked and frozen.
 *
 * @throws {ConfigError} for what is no cache, and naming the option that is wrong
 */
export function bridgeOptions(cache: Cache<AnyScopes>, options: BridgeOptions): Readonly<BridgeOptions> {
  methods("cache", cache ?? null, "getMany", "setMany", "namespace");
  checkOptions(options);
  const { ttl, tags } = options;
  if (ttl !== undefined) time("ttl", ttl, 1);
  if (tags !== undefined) checkTags(tags);
  return Object.freeze({ ttl, tags: tags && Object.freeze([...tags]) });
}
