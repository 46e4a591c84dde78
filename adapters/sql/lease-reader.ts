/**
 * Reading with leases: whoever finds no fresh entry and nobody at work on it may load it.
 *
 * The first look takes no lock, so that those who wait for another's load do not keep it from being written. Only
 * for keys that look free a transaction looks again and takes the leases.
 *
 * @module
 */
import { freshness } from "../../src/entry.ts";
import { then } from "../../src/maybe.ts";
import type { MaybePromise, ReadOptions, ReadResult } from "../../src/tier.ts";
import type { Connection } from "./connection.ts";
import type { Plan } from "./driver.ts";
import { type CorruptListener, entriesOf, type Found, readStep } from "./entry-reader.ts";
import { heldStep, type Taken, takePlan } from "./leases.ts";
import { isStorable } from "./liveness.ts";
import { randomInteger } from "./random-integer.ts";

/** How a read that takes leases does its work. */
export interface Leasing {
  readonly connection: Connection;
  readonly corrupt: CorruptListener;
  /** Runs a plan in a transaction, after all that was begun before. */
  run<T>(plan: Plan<T>): MaybePromise<T>;
}

/** A read that asks for leases. */
export interface LeaseOptions extends ReadOptions {
  readonly lease: number;
}

/** Where the keys are that want a lease, given what was found under each; of one that comes twice, the first place. */
export function wanting(
  keys: readonly string[],
  found: readonly Found[],
  { now, refresh = false }: ReadOptions,
): Map<string, number> {
  const places = new Map<string, number>();
  for (const [index, key] of keys.entries()) {
    const entry = found[index];
    if ((refresh || entry === undefined || freshness(entry, now) !== "fresh") && isStorable(key) && !places.has(key))
      places.set(key, index);
  }
  return places;
}

/**
 * Completes a read: takes leases where the entries that were found are not fresh, and with them reads these again.
 * Throws or rejects when no lease can be taken because the database cannot be written.
 */
export function takeLeases(
  leasing: Leasing,
  keys: readonly string[],
  found: readonly Found[],
  options: LeaseOptions,
): MaybePromise<Pick<ReadResult<Uint8Array>, "entries" | "leases">> {
  const { connection, corrupt } = leasing;
  const { now, metaOnly = false, refresh = false } = options;
  const entries = [...found];
  const leases = new Array<number | undefined>(keys.length).fill(undefined);
  const places = wanting(keys, found, options);
  if (places.size > 0) {
    const { sql, args } = heldStep([...places.keys()], now);
    for (const [key] of connection.all(sql, args)) places.delete(key as string);
  }
  if (places.size === 0) return { entries, leases };
  const free = [...places.keys()];
  const token = randomInteger();
  const wanted = { keys: free, token, lease: options.lease, refresh, now };
  return then(leasing.run(takePlan(wanted, readStep(free, metaOnly))), (taken: Taken) => {
    for (const [index, entry] of entriesOf(taken.rows, free, options, corrupt).entries()) {
      const place = places.get(free[index]!)!;
      entries[place] = entry;
      if (taken.keys.has(free[index])) leases[place] = token;
    }
    return { entries, leases };
  });
}
