/**
 * A write to a stack: prepared for every layer before anything is changed, then brought to them.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { all, finalize, then } from "../maybe.ts";
import type { MaybePromise, Write } from "../tier.ts";
import { distribute } from "./distribute.ts";
import type { Layer } from "./layer.ts";
import type { StackLeases } from "./leases.ts";
import { only, type Ranks, throwFirst } from "./ranks.ts";

/**
 * Writes to all layers, or to some.
 *
 * @param ticket of a load, which is stored only where it still passes the fence; without one it is a mutation
 * @param tiers names of the only ones that are written to
 * @throws {TiercelError} before anything is changed, when a value cannot be stored
 */
export function write(
  ranks: Ranks,
  leases: StackLeases | undefined,
  options: Engine["options"],
  writes: readonly Write[],
  ticket?: number,
  tiers?: readonly string[],
): MaybePromise<void> {
  const { engine, traffic } = ranks;
  const { fence } = engine;
  const now = engine.now();
  const takers = only(ranks.all, tiers);
  const prepare = (layer: Layer) => (takers.includes(layer) ? layer.prepare(writes, now) : []);
  const keys = writes.map(({ key }) => key);
  const encoded = all(ranks.all.map(prepare));
  return then(ticket === undefined ? traffic.encode(keys, encoded) : encoded, (prepared) => {
    if (ticket === undefined) for (const key of keys) fence.mark(key);
    const landed = ticket === undefined ? traffic.landed(keys) : undefined;
    const stands = ticket === undefined ? undefined : keys.map((key) => fence.passes(key, ticket));
    const standing = <T>(some: readonly T[]): readonly T[] => (stands ? some.filter((_, i) => stands[i]) : some);
    writes.forEach(({ key, lease }, i) => {
      if (lease && stands?.[i] === false) leases?.release(key, lease);
    });
    const own = fence.enter();
    const stored = then(landed, () => distribute(ranks, standing(keys), prepared.map(standing), own, now));
    if (ticket !== undefined) traffic.land(keys, stored);
    return finalize(
      () => stored,
      () => fence.leave(),
      (answers) => throwFirst(options, answers),
    );
  });
}
