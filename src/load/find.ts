/**
 * Asking the tiers for a key: a caller who is choosy, as he has a schema or `validate`, looks at what they have before he is served.
 *
 * @module
 */
import { then } from "../maybe.ts";
import { accept, isChoosy } from "../schema.ts";
import type { Findings } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import type { Request } from "../write.ts";

/**
 * Reads a key from the tiers.
 *
 * @param lease for how long a lease is taken where nothing is found, in milliseconds; 0 for none
 */
export function find({ text, version, space, since }: Request, lease: number): MaybePromise<Findings> {
  return space.engine.store.read([text], { sequence: true, version, lease, tier: space.tiers, since });
}

/** What was found, unless this caller cannot be served it: then a lease to load under is taken in its place. */
export function screen(request: Request, findings: Findings): MaybePromise<Findings> {
  const [found] = findings.found;
  const { key, options, space } = request;
  const { engine } = space;
  if (!found || !isChoosy(options)) return findings;
  return then(accept(options, key, found.entry, engine.now()), (accepted) => {
    request.accepted = accepted && found.entry.createdAt;
    if (!accepted) {
      request.refused = found;
      const taken = findings.leases?.[0] ? findings.leases : engine.store.leases?.take(request);
      return then(taken, (leases) => ({ ...findings, found: [undefined], leases }));
    }
    request.fitted = { value: found.entry.value, output: accepted.value };
    return findings;
  });
}
