/**
 * What single options must be, wherever they are given.
 *
 * @module
 */
import { invalid, oneOf } from "./errors.ts";
import { UNUSABLE } from "./key.ts";
import type { ScopeRules } from "./scope/types.ts";

/** @throws {ConfigError} unless the value is a number from 0 to `most` */
export function number(option: string, value: unknown, most: number = Infinity): number {
  if (typeof value === "number" && value >= 0 && value <= most) return value;
  throw invalid(option, `from 0 to ${most}`, value);
}

/** @throws {ConfigError} for tags that cannot be those of every entry */
export function checkTags(tags: unknown): void {
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string" || tag === "" || UNUSABLE.test(tag)))
    throw invalid("tags", "an array of non-empty strings without NUL and lone surrogates", tags);
}

/** @throws {ConfigError} for a name that no profile can have */
export function checkProfile(name: unknown): void {
  if (typeof name !== "string" || name === "" || name.length > 64 || UNUSABLE.test(name))
    throw invalid("profile", "1 to 64 characters without NUL and lone surrogates", name);
}

/** @throws {ConfigError} for a version that no entry can have */
export function checkVersion(version: unknown): void {
  if (version !== undefined && typeof version !== "string") throw invalid("version", "a string", version);
}

/** @throws {ConfigError} for a wrong `onLeaseTimeout` */
export function checkLeaseTimeout(value: unknown): void {
  oneOf("onLeaseTimeout", ["run", "throw", "stale"], value);
}

/** @throws {ConfigError} for scopes that `defineScopes` has not made */
export function rulesOf({ scopes }: { scopes?: object | undefined }): ScopeRules {
  if (!(scopes as ScopeRules | undefined)?.enter) throw invalid("scopes", "made by defineScopes", scopes);
  return scopes as ScopeRules;
}
