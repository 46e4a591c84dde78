/**
 * Removing what has expired from the layers.
 *
 * @module
 */
import { TierError } from "../errors.ts";
import { repeat, then } from "../maybe.ts";
import type { MaybePromise } from "../tier.ts";
import type { Ranks } from "./ranks.ts";

/** Most expired entries removed from a tier in one step, so that a sweep never holds up other work for long. */
const STEP = 1_000;

/** Removes expired entries, in at most `steps` steps for each layer; answers with their keys. */
export function prune({ engine, all }: Ranks, steps: number): MaybePromise<readonly string[]> {
  const pruned = new Set<string>();
  const layers = [...all];
  let step = 0;
  const done = repeat(() => {
    const [layer] = layers;
    if (!layer) return false;
    return then(layer.prune(STEP, engine.now()), (answer) => {
      const { keys, removed } = answer instanceof TierError ? { keys: [], removed: 0 } : answer;
      for (const key of keys) {
        pruned.add(key);
        // Memory has told of it already.
        if (!layer.isMemory) engine.left(layer.name, key, "ttl", layer.counters);
      }
      // Less than a step: there is no more.
      if (removed !== STEP || ++step === steps) {
        layers.shift();
        step = 0;
      }
      return true;
    });
  });
  return then(done, () => [...pruned]);
}
