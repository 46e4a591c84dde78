/**
 * A write to a stack: prepared for every layer before anything is changed, then brought to them.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { all, finalize, settle, then } from "../maybe.ts";
import type { MaybePromise, Write } from "../tier.ts";
import { distribute } from "./distribute.ts";
import type { StackLeases } from "./leases.ts";
import { only, type Ranks, throwFirst } from "./ranks.ts";

/** Prepared for each layer, in the order of the writes. */
type Prepared = readonly (readonly Write[])[];

/** What a load brings, with its ticket. */
export interface Loaded {
  readonly write: Write;
  readonly ticket: number;
}

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
  const now = ranks.engine.now();
  const encoded = encode(ranks, writes, now, tiers);
  const keys = writes.map(({ key }) => key);
  return then(ticket === undefined ? ranks.traffic.encode(keys, encoded) : encoded, (prepared) =>
    bring(ranks, leases, options, writes, prepared, now, ticket === undefined ? undefined : writes.map(() => ticket)),
  );
}

/**
 * What several loads bring at the same moment, as one write to each layer. Each has an outcome of its own: one that cannot be stored keeps
 * none of the others from it.
 */
export async function writeTogether(
  ranks: Ranks,
  leases: StackLeases | undefined,
  options: Engine["options"],
  loaded: readonly Loaded[],
  tiers?: readonly string[],
): Promise<readonly PromiseSettledResult<void>[]> {
  const now = ranks.engine.now();
  const encoded = await Promise.allSettled(loaded.map(async ({ write }) => encode(ranks, [write], now, tiers)));
  const some = encoded.flatMap((one, i) =>
    one.status === "fulfilled" ? [{ ...loaded[i]!, prepared: one.value }] : [],
  );
  const stored = settle(() => {
    const prepared = ranks.all.map((_, layer) => some.flatMap((one) => one.prepared[layer]!.slice(0, 1)));
    const writes = some.map(({ write }) => write);
    const tickets = some.map(({ ticket }) => ticket);
    return bring(ranks, leases, options, writes, prepared, now, tickets);
  });
  return Promise.allSettled(encoded.map((one) => (one.status === "fulfilled" ? stored : Promise.reject(one.reason))));
}

function encode(
  ranks: Ranks,
  writes: readonly Write[],
  now: number,
  tiers: readonly string[] | undefined,
): MaybePromise<Prepared> {
  const takers = only(ranks.all, tiers);
  return all(ranks.all.map((layer) => (takers.includes(layer) ? layer.prepare(writes, now) : [])));
}

/** @param tickets of loads; without them it is a mutation */
function bring(
  ranks: Ranks,
  leases: StackLeases | undefined,
  options: Engine["options"],
  writes: readonly Write[],
  prepared: Prepared,
  now: number,
  tickets?: readonly number[],
): MaybePromise<void> {
  const { engine, traffic } = ranks;
  const { fence } = engine;
  const keys = writes.map(({ key }) => key);
  if (!tickets) for (const key of keys) fence.mark(key);
  const landed = tickets ? undefined : traffic.landed(keys);
  const stands = tickets && keys.map((key, i) => fence.passes(key, tickets[i]!));
  const standing = <T>(some: readonly T[]): readonly T[] => (stands ? some.filter((_, i) => stands[i]) : some);
  writes.forEach(({ key, lease }, i) => {
    if (lease && stands?.[i] === false) leases?.release(key, lease);
  });
  const own = fence.enter();
  const stored = then(landed, () => distribute(ranks, standing(keys), prepared.map(standing), own, now));
  if (tickets) traffic.land(keys, stored);
  return finalize(
    () => stored,
    () => fence.leave(),
    (answers) => throwFirst(options, answers),
  );
}
