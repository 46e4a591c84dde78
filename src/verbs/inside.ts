/**
 * From a cache to its verbs, for what is attached to it from outside of the core: observers, HTTP, the command line.
 *
 * @module
 */
import { invalid } from "../errors.ts";
import { INSIDE, type Verbs } from "./verbs.ts";

/** @throws {ConfigError} for what is no cache */
export function verbsOf(cache: unknown): Verbs {
  const verbs = (cache as { [INSIDE]?: Verbs } | undefined)?.[INSIDE];
  if (!verbs) throw invalid("cache", "made by createCache", cache);
  return verbs;
}
