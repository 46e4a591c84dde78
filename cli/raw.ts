/**
 * The store itself, below the cache: every entry of all namespaces and scopes, as it is kept.
 *
 * @module
 */
import type { Tier } from "../mod.ts";
import { sharedPrefix } from "../src/resolved.ts";
import { verbsOf } from "../src/verbs/inside.ts";
import { EXIT, Failure, usage } from "./failure.ts";
import type { Session } from "./session.ts";
import { count } from "./units.ts";

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
  const tier = await session.store({ mayCreate });
  const { shared = false, durable = false, maxBatch = Infinity } = tier.capabilities;
  const { engine, space } = verbsOf(await session.open());
  // As docs/format.md has it: what no other cache can see has no prefix.
  const cachePrefix = shared || durable ? sharedPrefix(engine.options) : "";
  return { tier, cachePrefix, prefix: cachePrefix + space.prefix, batch: Math.min(BATCH, maxBatch) };
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

/** @throws {Failure} where the cache has entries though nothing of it was found: to take that for all would lose them */
export async function checkEmpty(session: Session, done: string): Promise<void> {
  const entries = await (await session.open()).size({ signal: session.signal });
  if (entries > 0)
    throw new Failure(`${done} no entry, though the cache has ${count(entries)}`, EXIT.store, {
      fix: "is the key ring right, and can tiercel doctor read them?",
    });
}

/** A list in parts of at most so many. */
export function* parts<T>(all: readonly T[], most: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += most) yield all.slice(at, at + most);
}
