/**
 * What can go wrong in a tier, as words.
 *
 * @module
 */
import type { Duration } from "../../src/duration.ts";
import type { Tier, TierOperations } from "../../src/tier.ts";

/** An operation of a tier that can be counted and made to fail. */
export type Operation = keyof TierOperations<unknown, "async"> | "open" | "prepare" | "fresh" | "close";

/**
 * What goes wrong:
 * - `"throw"`: throws an {@linkcode InjectedFault} at once, synchronously; the store is not asked
 * - `"reject"`: a promise that rejects with it; the store is not asked
 * - `"hang"`: no answer until `release()`; the store is asked only then, so that a lost write arrives late
 * - `"mute"`: the store does it, but the answer does not come until `release()`
 * - `{ delay }`: the store is asked after that time of the clock; `fault` is what goes wrong after it
 */
export type Fault = "throw" | "reject" | "hang" | "mute" | { readonly delay: Duration; readonly fault?: Fault };

/** Reads that bring garbage: see `faultyTier`. */
export type ReadFault = Fault | "corrupt";

/** Writes that are done for the first half of the batch (the smaller one) and then throw. */
export type BatchFault = Fault | "half";

/** What goes wrong where; operations that are left out work. */
export type FaultPlan = {
  readonly [O in Operation]?: O extends "getMany"
    ? ReadFault
    : O extends "setMany" | "deleteMany" | "touchMany"
      ? BatchFault
      : Fault;
};

/** The handle on the faults of a `faultyTier`. */
export interface FaultControls {
  /**
   * From now on goes wrong as told, in place of what was told before. One fault without a plan concerns all operations
   * except `open`, `prepare` and `close`.
   *
   * @param times how many calls go wrong before the tier heals by itself; default `Infinity`
   */
  fail(plan: Fault | FaultPlan, times?: number): void;
  /** From now on nothing goes wrong. Calls that hang still wait for `release()`. */
  heal(): void;
  /** Lets calls that hang go on, of one operation or of all; answers how many there were. */
  release(operation?: Operation): number;
  /** Number of calls that hang. */
  readonly held: number;
  /** Calls since the start or `resetCalls()`, failed ones and those of the synchronous face included. */
  readonly calls: Readonly<Record<Operation, number>>;
  /** Sets all counts to 0. */
  resetCalls(): void;
}

/** A tier with {@linkcode FaultControls}. */
export interface FaultyTier<V = unknown> extends Tier<V> {
  readonly faults: FaultControls;
}

/** The error of an injected fault. */
export class InjectedFault extends Error {
  override name = "InjectedFault";
  readonly code = "INJECTED" as const;
}

/** All operations. */
export const OPERATIONS: readonly Operation[] = [
  "getMany",
  "setMany",
  "deleteMany",
  "touchMany",
  "clear",
  "prune",
  "scan",
  "size",
  "invalidate",
  "journal",
  "release",
  "open",
  "prepare",
  "fresh",
  "close",
];
