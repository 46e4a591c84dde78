/**
 * The store itself, below the cache: every entry of all namespaces and scopes, as it is kept.
 *
 * @module
 */
import type { Tier } from "../mod.ts";
import { usage } from "./failure.ts";
import type { Session } from "./session.ts";

/** A part of a store. */
export interface RawStore {
  readonly tier: Tier;
  /** Before every key and tag of the cache. */
  readonly cachePrefix: string;
  /** Before every key of the part: that of the cache, and of the namespace or scope. */
  readonly prefix: string;
  /** Most keys of one call. */
  readonly batch: number;
}

/** Keys of one step, where the store takes so many. */
const BATCH = 500;

/** The store of a session, from which entries are read and to which they are written as they are. */
export async function rawStore(session: Session, mayCreate: boolean = false): Promise<RawStore> {
  const { cache } = await session.whole({ mayCreate });
  const tier = await session.store({ mayCreate });
  const { shared = false, durable = false, maxBatch = Infinity } = tier.capabilities;
  const { config } = await session.config();
  const own = session.option("prefix") ?? config.prefix ?? "";
  // As docs/format.md has it: what no other cache can see has no prefix.
  const cachePrefix =
    !shared && !durable ? "" : own === "" ? `${cache.name}:` : `${cache.name}/${encodeURIComponent(own)}:`;
  const view = await session.open();
  const inside = view === cache ? "" : (await view.explain("x")).text.slice(0, -1);
  return { tier, cachePrefix, prefix: cachePrefix + inside, batch: Math.min(BATCH, maxBatch) };
}

/** One page of keys, and where the next one begins. */
export async function page(
  { tier, prefix, batch }: RawStore,
  cursor: string | undefined,
): Promise<{ keys: readonly string[]; cursor: string | undefined }> {
  if (!tier.scan) throw usage(`Cannot list keys as the store must be able to: ${tier.name} is not`);
  const { keys, cursor: next } = await tier.scan({ prefix, cursor, limit: batch, now: Date.now() });
  return { keys, cursor: next };
}

/** How many entries there are, where the store can count them. */
export async function total({ tier, prefix }: RawStore): Promise<number | undefined> {
  return tier.size?.(prefix, Date.now());
}

/** A list in parts of at most so many. */
export function* parts<T>(all: readonly T[], most: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += most) yield all.slice(at, at + most);
}
