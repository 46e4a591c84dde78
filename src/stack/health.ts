/**
 * What is told of the layers when somebody asks: what they have done, how they are, what they have under a key.
 *
 * @module
 */
import { TierError } from "../errors.ts";
import { all, then } from "../maybe.ts";
import type { CacheHealth, TierStats } from "../stats.ts";
import type { Inspected } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import type { Layer } from "./layer.ts";

export function stats(layers: readonly Layer[]): TierStats[] {
  return layers.map(({ name, counters, guard, tier }) => ({
    name,
    ...counters,
    breaker: guard.state,
    ...tier.usage?.(),
  }));
}

/** @param entries whether they are counted as well */
export function health(layers: readonly Layer[], entries?: boolean): MaybePromise<CacheHealth> {
  return then(all(layers.map((layer) => layer.probe(entries))), (probes) => {
    const isOk = probes.map(({ ok }) => ok);
    return {
      status: !isOk.includes(true) ? "down" : isOk.includes(false) ? "degraded" : "ok",
      tiers: stats(layers).map((tier, i) => ({ ...tier, ...probes[i]! })),
    };
  });
}

export function inspect(layers: readonly Layer[], key: string, now: number): MaybePromise<readonly Inspected[]> {
  const look = (layer: Layer): MaybePromise<Inspected> =>
    then(layer.inspect(key, now), (answer) =>
      answer instanceof TierError
        ? { tier: layer.name, known: { state: "unavailable", error: answer.message } }
        : { tier: layer.name, ...answer },
    );
  return all(layers.map(look));
}
