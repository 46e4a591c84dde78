/**
 * Eviction rules: which entries a memory tier takes, and which give way.
 *
 * @module
 */
import { invalid, oneOf, TierLimitError } from "../errors.ts";
import { Lfu } from "./lfu.ts";
import { Fifo, Lru } from "./lru.ts";
import type { Policy, PolicyContext } from "./policy.ts";

/** A key that is about to be stored, and is not there yet. */
export interface Newcomer {
  readonly key: string;
  readonly value: unknown;
}

/** The memory tier as its rules see it. */
export interface MemoryView {
  /** Number of entries, those whose time is over included until they are found: after what the rules before have swept. */
  readonly entries: number;
  /** Most entries that it may hold. */
  readonly maxEntries: number;
  /** Most bytes that they may take; `Infinity` without such a bound. */
  readonly maxBytes: number;
  /** Removes entries whose time is over; looks at no more than `limit`, from where it stopped the last time. Answers with how many it removed. */
  sweep(limit: number): number;
}

/**
 * A rule of a memory tier. Rules are asked in their order before a new key is stored, when nothing is changed yet, and one that
 * refuses ends it. What is overwritten is not asked about. They are asked once more only where memory has more entries than they
 * were told of, when the value gets there.
 */
export interface EvictionRule {
  /** Bound that it brings along; the lowest of all counts. */
  readonly maxEntries?: number;
  /** Policy that it brings along; the first of all counts. */
  readonly policy?: (context: PolicyContext) => Policy;
  /** Whether the key is taken. It may throw, which rejects the write before any tier is changed. */
  admit?(newcomer: Newcomer, memory: MemoryView): boolean;
}

/** What was used longest ago gives way. With `max`, at most so many entries. */
export function lru(max?: number): EvictionRule {
  return bounded(max, () => new Lru());
}

/** What was used least often gives way. With `max`, at most so many entries. */
export function lfu(max?: number): EvictionRule {
  return bounded(max, () => new Lfu());
}

/** What came first gives way. With `max`, at most so many entries. */
export function fifo(max?: number): EvictionRule {
  return bounded(max, () => new Fifo());
}

function bounded(max: number | undefined, policy: () => Policy): EvictionRule {
  return max === undefined ? { policy } : { policy, maxEntries: positive(max) };
}

/** Entries looked at by {@linkcode lifetime} for one write. */
const LOOK = 32;

/**
 * Where the tier is full, entries whose time is over give way before any other, and before a {@linkcode hardLimit} that stands behind it
 * refuses. Each new key then looks at 32 entries for them, in turn, so that its time does not depend on how many there are; with `maxBytes` it does
 * so always.
 */
export function lifetime(): EvictionRule {
  return {
    admit(_, memory) {
      // How much room the newcomer needs of the bytes is not known yet.
      if (memory.entries >= memory.maxEntries || memory.maxBytes < Infinity) memory.sweep(LOOK);
      return true;
    },
  };
}

/**
 * At most `max` entries, and none gives way: a new key is refused, silently or by a `TierLimitError`, until another has gone.
 *
 * @throws {ConfigError} for a bound that is not a positive integer
 */
export function hardLimit(max: number, mode: "reject" | "throw" = "reject"): EvictionRule {
  oneOf("mode", ["reject", "throw"], mode);
  return {
    maxEntries: positive(max),
    admit(_, { entries }) {
      if (entries < max) return true;
      if (mode === "reject") return false;
      throw new TierLimitError(`Cannot store key in memory as it must hold at most ${max} entries: received one more`);
    },
  };
}

function positive(max: number): number {
  if (Number.isSafeInteger(max) && max > 0) return max;
  throw invalid("max", "a positive integer", max);
}
