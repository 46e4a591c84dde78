/**
 * Failures of loaders that are remembered for a while (`negativeTtl`), so that not every caller runs into them anew.
 *
 * @module
 */
import type { Findings } from "../store.ts";
import type { Request } from "../write.ts";

/** Most failed loads remembered. */
const MAX_FAILURES = 1_000;

/** A failed load, and for whom it is remembered. */
export interface Failure {
  readonly error: unknown;
  readonly until: number;
  readonly version: string | undefined;
  /** What it is known to have, and the invalidation sequence before the load. */
  readonly tags: readonly string[];
  readonly sequence: number;
}

/** By key, in the order in which they failed. */
export type Failures = Map<string, Failure>;

/** Why nothing need be loaded: a fault of the tiers, or the failure of an earlier load that is still remembered. */
export function failureOf(
  failures: Failures,
  { text, version, space: { engine } }: Request,
  { fault }: Findings,
): { readonly error: unknown } | undefined {
  if (fault) return { error: fault };
  const failure = failures.get(text);
  return failure &&
    failure.until > engine.now() &&
    failure.version === version &&
    engine.ledger.check(failure as never) === "valid"
    ? failure
    : undefined;
}

/** Remembers a failure for `negativeTtl`. */
export function remember(failures: Failures, request: Request, error: unknown, sequence: number): void {
  const { text, version, lifetimes, space } = request;
  if (lifetimes.negativeTtl <= 0) return;
  const tags = knownTags(request);
  failures.delete(text);
  failures.set(text, { error, until: space.engine.now() + lifetimes.negativeTtl, version, tags, sequence });
  if (failures.size > MAX_FAILURES) failures.delete(failures.keys().next().value as string);
}

/** Tags of a value that was not made: those that it would have told are not known, and wrong ones are told of where there is one. */
function knownTags({ space, settings, tags }: Request): readonly string[] {
  const own = typeof tags === "function" ? [] : (tags ?? []);
  try {
    return space.encodeTags(settings.tags.concat(own));
  } catch {
    return space.tags;
  }
}
