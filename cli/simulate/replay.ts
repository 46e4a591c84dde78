/**
 * Replaying a trace: each policy as a read-through cache, where what is not there is put there.
 *
 * @module
 */
import { type EvictionRule, fifo, lfu, lru, memory } from "../../mod.ts";
import type { Trace } from "./trace.ts";

/** Policies by name: the default one, and those that can be chosen. */
export const POLICIES: Readonly<Record<string, (() => EvictionRule) | undefined>> = {
  default: undefined,
  lru,
  lfu,
  fifo,
};

/** How often each policy hits at each size. */
export interface Curve {
  readonly policy: string;
  /** Hit ratios, 0 to 1, in the order of the sizes. */
  readonly ratios: readonly number[];
}

/** Share of hits of one policy at one size. */
export function hitRatio({ keys, distinct }: Trace, policy: string, maxEntries: number): number {
  const rule = POLICIES[policy];
  const tier = memory({ maxEntries, ...(rule && { policy: rule() }) });
  const names = Array.from({ length: distinct }, (_, number) => `k${number}`);
  const rest = { createdAt: 1, freshUntil: Infinity, staleUntil: Infinity, tags: [], loadTime: 0 };
  const entry = { ...rest, value: 1, sequence: undefined, version: undefined };
  let hits = 0;
  for (const number of keys) {
    const key = names[number]!;
    if (tier.fresh!(key, 0, 1) === undefined) tier.sync.setMany([{ key, entry }], 1);
    else hits++;
  }
  return hits / keys.length;
}

/** Sizes from small to the number of keys, each about as many times larger than the one before. */
export function sizesFor(distinct: number, points: number): number[] {
  const [first, last] = [Math.max(1, Math.floor(distinct / 1_000)), distinct];
  const step = (last / first) ** (1 / Math.max(1, points - 1));
  return [...new Set(Array.from({ length: points }, (_, at) => Math.max(1, Math.round(first * step ** at))))];
}
