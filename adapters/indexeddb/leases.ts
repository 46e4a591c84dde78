/**
 * Leases: who may load a key. What is written under one is stored only while it stands.
 *
 * @module
 */
import type { ReadOptions, ReadResult } from "../../src/tier.ts";
import { randomInteger } from "../sql/random-integer.ts";
import { type CorruptListener, look } from "./entry-reader.ts";
import { answer, type IdbKey, type IdbTransaction, upTo } from "./idb.ts";
import { leaseKey, State } from "./state.ts";

/** Reads, and takes the leases that are to be had. That they are is found out in the same transaction. */
export async function lookAndLease(
  transaction: IdbTransaction,
  keys: readonly string[],
  options: ReadOptions & { readonly lease: number },
  corrupt: CorruptListener,
): Promise<ReadResult<Uint8Array>> {
  const { free, ...found } = await look(transaction, keys, options, corrupt);
  const state = new State(transaction);
  const token = randomInteger();
  for (const key of free) state.put(leaseKey(key), { token, until: options.now + options.lease });
  const left = new Set(free);
  return { ...found, leases: keys.map((key) => (left.delete(key) ? token : undefined)) };
}

/** Gives leases back, or revokes whatever lease a key has. */
export async function releaseLeases(
  transaction: IdbTransaction,
  leases: readonly { key: string; lease?: number }[],
): Promise<void> {
  const state = new State(transaction);
  const held = await state.leases(leases.filter(({ lease }) => lease !== undefined).map(({ key }) => key));
  for (const { key, lease } of leases)
    if (lease === undefined || held.get(key)?.token === lease) state.delete(leaseKey(key));
}

/** How long, in milliseconds, a lease is kept that has run out: what is loaded under it is still accepted. */
const KEPT = 60_000;

/** Removes at most `limit` leases that ran out a while ago. */
export async function pruneLeases(transaction: IdbTransaction, limit: number, now: number): Promise<void> {
  const state = new State(transaction);
  const over = await answer(state.store.index("until").getAllKeys(upTo(now - KEPT), limit));
  for (const key of over) state.delete(key as IdbKey);
}
