/**
 * Bringing prepared writes to the layers: those below memory first, of these the authority, since its sequence goes into the
 * others and they must not have what it refuses; this process's memory last.
 *
 * @module
 */
import { TierError } from "../errors.ts";
import { all, then } from "../maybe.ts";
import { sequenced } from "../store.ts";
import type { MaybePromise, Write, WriteResult } from "../tier.ts";
import type { Layer } from "./layer.ts";
import type { Ranks } from "./ranks.ts";

/**
 * Writes to all layers; answers with what those below memory answered.
 *
 * @param prepared for each layer, in the order of the keys
 * @param ticket from before: what was mutated since does not get into memory
 */
export function distribute(
  { engine, ledger, authority, below, memory, follower }: Ranks,
  keys: readonly string[],
  prepared: readonly (readonly Write[])[],
  ticket: number,
  now: number,
): MaybePromise<readonly (WriteResult | TierError)[]> {
  if (keys.length === 0) return [];
  const first = authority?.isMemory ? undefined : authority;
  return then(first?.write(prepared[first.index]!, now), (answer) => {
    const taken = answer instanceof TierError ? undefined : answer;
    const { sequence = 0, refused = [] } = taken ?? {};
    // Where none was told by the authority: what is set comes after all that is known here.
    const current = sequence || ledger.next() - 1;
    ledger.observe(current);
    const writesOf = (layer: Layer, fits: (write: Write, at: number) => boolean): readonly Write[] =>
      sequenced(prepared[layer.index]!, current)
        .filter(fits)
        .map((write) => (taken ? unleased(write) : write));
    const others = below.filter((layer) => layer !== first);
    // Overtaken while the authority was busy: what was begun later may have been in the others already.
    const late = others.length === 0 ? [] : keys.filter((key) => !engine.fence.passes(key, ticket));
    const gone = refused.length + late.length === 0 ? undefined : new Set([...refused, ...late]);
    const isAccepted = (_: unknown, at: number): boolean => at < keys.length && !gone?.has(keys[at]!);
    // Both at once: what comes in between would be undone.
    const written = others.map((layer) => {
      const deleted = late.length === 0 ? undefined : layer.delete(late, now);
      const answer = layer.write(writesOf(layer, isAccepted), now);
      return then(deleted, () => answer);
    });
    return then(all(written), (answers) => {
      // A tag may have been invalidated elsewhere while the value was loaded; the authority knows, and memory must.
      const isBehind =
        follower && current > follower.sequence && prepared[0]!.some(({ entry }) => isOlder(entry, current));
      return then(isBehind ? follower.look() : undefined, () => {
        const stands = keys.map((key, at) => isAccepted(key, at) && engine.fence.passes(key, ticket));
        for (const key of keys) engine.fence.mark(key);
        const privately = memory.map((layer) => {
          const kept = new Set<string>();
          const writes = writesOf(layer, ({ key, entry }, at) => {
            const isKept = stands[at]! && ledger.check(entry) === "valid";
            if (isKept) kept.add(key);
            return isKept;
          });
          // Overtaken while the tiers below were busy: whichever came last there is the truth.
          const gone = keys.filter((key) => !kept.has(key));
          return then(gone.length === 0 ? undefined : layer.delete(gone, now), () => layer.write(writes, now));
        });
        return then(all<unknown>(privately), () => (answer ? [answer, ...answers] : answers));
      });
    });
  });
}

/** For the others: of a lease that the authority gave, and under which it has taken the write, they know nothing. */
function unleased(write: Write): Write {
  return write.lease === undefined ? write : { ...write, lease: undefined };
}

/** Whether an entry has tags and is the result of a load that began before the sequence. */
function isOlder({ tags, sequence }: Write["entry"], current: number): boolean {
  return tags.length > 0 && sequence !== undefined && sequence < current;
}
