/**
 * Removing keys from the layers: from memory, then from those below, and once more from memory, since a read that began meanwhile may have
 * copied an old entry up.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { TierError } from "../errors.ts";
import { all, then } from "../maybe.ts";
import type { Store } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import type { Layer } from "./layer.ts";
import { only, type Ranks, throwFirst } from "./ranks.ts";

/** Deletes keys from all layers, or from one; says for each key whether a live entry was there. */
export function remove(
  ranks: Ranks,
  reads: Pick<Store, "read">,
  options: Engine["options"],
  keys: readonly string[],
  tier?: string,
): MaybePromise<boolean[]> {
  const { engine, traffic } = ranks;
  const now = engine.now();
  // Of a private tier that keeps no tags it is for us to tell whether its entries are live.
  const own = ranks.all.filter(({ isPrivate, tier }) => isPrivate && !tier.capabilities.tags);
  const known = then(
    all(own.map(({ name }) => reads.read(keys, { peek: true, metaOnly: true, version: null, tier: name }))),
    (answers) =>
      keys.map((_, i) => answers.some(({ found }, j) => found[i] && (tier ?? own[j]!.name) === own[j]!.name)),
  );
  const mark = () => {
    for (const key of keys) engine.fence.mark(key);
  };
  return then(known, (existed) =>
    then(
      sweep(
        only(ranks.all, tier),
        mark,
        () => traffic.landed(keys),
        (layer) => layer.delete(keys, now),
      ),
      (answers) => {
        for (const answer of answers) {
          if (answer instanceof TierError) continue;
          answer.forEach((live, i) => {
            existed[i] ||= live;
          });
        }
        throwFirst(options, answers);
        return existed;
      },
    ),
  );
}

/** Removes every key that begins so from all layers, or from one. */
export function clear(ranks: Ranks, options: Engine["options"], prefix: string, tier?: string): MaybePromise<void> {
  const { engine, traffic } = ranks;
  const now = engine.now();
  const cleared = sweep(
    only(ranks.all, tier),
    () => engine.fence.markAll(prefix),
    () => traffic.landed(),
    (layer) => layer.clear(prefix, now),
  );
  return then(cleared, (answers) => throwFirst(options, answers));
}

/**
 * Answers with what the layers below memory answered.
 *
 * @param mark told before memory is swept: what reads have found by now must not be copied into it
 * @param landed ends when what was on its way to those layers has arrived
 */
function sweep<T>(
  layers: readonly Layer[],
  mark: () => void,
  landed: () => MaybePromise<unknown>,
  remove: (layer: Layer) => MaybePromise<T | TierError>,
): MaybePromise<(T | TierError)[]> {
  const swept = () => {
    mark();
    return all(layers.filter(({ isMemory }) => isMemory).map(remove));
  };
  return then(swept(), (first) => {
    const below = layers.filter(({ isMemory }) => !isMemory);
    if (below.length === 0) return first.filter((answer) => answer instanceof TierError);
    return then(
      then(landed(), () => all(below.map(remove))),
      (answers) => then(swept(), () => answers),
    );
  });
}
