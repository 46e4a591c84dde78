/**
 * Which functions can be cached.
 *
 * @module
 */
import { callable, invalid } from "../errors.ts";

/** @throws {ConfigError} for what is no function, and for one whose results can be used once */
export function repeatable(fn: unknown): void {
  callable("fn", fn);
  if (/Generator/.test(Object.prototype.toString.call(fn))) throw invalid("fn", "no generator", fn);
}
