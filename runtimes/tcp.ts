/**
 * Redis by URL, where there are connections: Node, Bun and Deno.
 *
 * @module
 */
import { redis } from "../adapters/redis.ts";
import type { Scheme } from "./url.ts";

/** Redis by a URL of the scheme `redis:` or `rediss:`. */
export const overTcp: Scheme = ({ whole }, { store }) => [redis(whole, { ...store })];
