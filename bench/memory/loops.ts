/**
 * The loops that are timed: one call for each key, at once or awaited.
 */
import { type Contender, type Entrant, type Key, VALUE } from "./contender.ts";

/** A loop over the keys; answers with the number of misses. */
type Loop = (contender: Contender, keys: readonly Key[]) => number | Promise<number>;

/** The loops of an entrant. A process has but one entrant, so that they are compiled for it alone. */
export interface Loops {
  readonly get: Loop;
  readonly set: Loop;
  /** What is missing is set. */
  readonly mixed: Loop;
  /** The same by one call, where there is one. */
  readonly through: Loop;
}

/** The loops of an entrant. */
export function loopsOf({ isAwaited }: Entrant): Loops {
  return isAwaited ? AWAITED : AT_ONCE;
}

const AT_ONCE: Loops = {
  get(contender, keys) {
    let misses = 0;
    for (const key of keys) if (contender.get(key) == null) misses++;
    return misses;
  },
  set(contender, keys) {
    for (const key of keys) contender.set(key, VALUE);
    return 0;
  },
  mixed,
  through: mixed,
};

function mixed(contender: Contender, keys: readonly Key[]): number {
  let misses = 0;
  for (const key of keys) {
    if (contender.get(key) != null) continue;
    contender.set(key, VALUE);
    misses++;
  }
  return misses;
}

const AWAITED: Loops = {
  async get(contender, keys) {
    let misses = 0;
    for (const key of keys) if ((await contender.get(key)) == null) misses++;
    return misses;
  },
  async set(contender, keys) {
    for (const key of keys) await contender.set(key, VALUE);
    return 0;
  },
  async mixed(contender, keys) {
    let misses = 0;
    for (const key of keys) {
      if ((await contender.get(key)) != null) continue;
      await contender.set(key, VALUE);
      misses++;
    }
    return misses;
  },
  async through(contender, keys) {
    let misses = 0;
    const load = (): object => {
      misses++;
      return VALUE;
    };
    for (const key of keys) await contender.getOrSet!(key, load);
    return misses;
  },
};
