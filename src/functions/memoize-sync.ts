/**
 * Memoized functions without promises, at the speed of a Map.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import { type Duration, toMilliseconds } from "../duration.ts";
import { callable, checkOptions, invalid, mustBe, ValueError } from "../errors.ts";
import { encodeKey } from "../key.ts";
import { isPromise } from "../maybe.ts";
import { keyRules, PARENTHESIS, textsOf } from "./argument-key.ts";
import { ownerOf } from "./owner.ts";
import { repeatable } from "./repeatable.ts";
import { SecondChance, type Slot } from "./second-chance.ts";
import type { AnyFunction, KeyOptions } from "./types.ts";

/** Options of {@linkcode memoizeSync}. */
export interface MemoizeSyncOptions<F extends AnyFunction = AnyFunction> extends KeyOptions<F> {
  /** Most results. Default 1,000. */
  maxEntries?: number | undefined;
  /** Time to live, or a function of the result; 0 or less: not kept. Default `"forever"`. */
  ttl?: Duration | ((value: ReturnType<F>, args: Parameters<F>) => Duration) | undefined;
  /** Whether a result is kept. Default: each is, `undefined` too. */
  shouldCache?: ((value: ReturnType<F>, args: Parameters<F>) => boolean) | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

/** Numbers of a memoized function, since it was made or cleared. */
export interface MemoStats {
  hits: number;
  misses: number;
  /** Results that gave way to others. */
  evictions: number;
  /** Results that are there. */
  size: number;
}

/** What a memoized function can do besides being called. */
export type MemoizedSync<F extends AnyFunction = AnyFunction> = F & {
  /** Removes all results. */
  clear(): void;
  /** Removes the result of a call; whether there was one. */
  delete(...args: Parameters<F>): boolean;
  /** Whether a call would find its result. */
  has(...args: Parameters<F>): boolean;
  /** Its numbers. */
  stats(): MemoStats;
  /** The same, of one object: its helpers concern the results of that object, but for `clear` and `stats`, which concern all. */
  for(self: object): MemoizedSync<OmitThisParameter<F>>;
  /** The function itself. */
  readonly original: F;
};

/** Key of a call: a string is its own, and so is a number. */
type MemoKey = string | number;

/**
 * A function that remembers its results: a call with equal arguments gets the first one's result. What is thrown is not
 * remembered.
 *
 * @throws {ConfigError} naming the option that is wrong. A call throws {KeyError} for arguments that cannot be a key, {ValueError} when
 * the function answers with a promise
 */
export function memoizeSync<F extends AnyFunction>(fn: F, options: MemoizeSyncOptions<F> = {}): MemoizedSync<F> {
  repeatable(fn);
  checkOptions(options);
  const { maxEntries = 1_000, key, instance, ttl, shouldCache } = options;
  const { clock = systemClock } = options;
  if (!(Number.isSafeInteger(maxEntries) && maxEntries > 0))
    throw invalid("maxEntries", "a positive integer", maxEntries);
  const fixed = ttl === undefined || typeof ttl === "function" ? Infinity : toMilliseconds(ttl, "ttl");
  if (key !== undefined) callable("key", key);
  const results = new SecondChance<MemoKey, unknown>(maxEntries);
  const { slots } = results;
  const rules = keyRules(fn.name || "the function", options);
  const ownerOfCall = ownerOf(fn, instance, rules.name);
  const isDirect = key === undefined && rules.excludeArgs.size === 0 && typeof instance !== "function";
  const now = clock.coarse ?? (() => clock.now());
  let hits = 0;
  let misses = 0;
  let evictions = 0;

  const keyOfCall = (self: unknown, args: readonly unknown[]): MemoKey => {
    const first = args[0];
    const owner = ownerOfCall?.(self);
    const own = key ? [JSON.stringify(encodeKey(key.apply(self, args as never)))] : textsOf(args, rules);
    if (isDirect && own.length === 1 && owner === undefined) {
      // A string that could be the key of other arguments, and 0, which a Map takes for -0, are not their own.
      if (typeof first === "string" && first.charCodeAt(0) !== PARENTHESIS) return first;
      if (typeof first === "number" && first !== 0) return first;
    }
    return `(${(owner === undefined ? own : [owner, ...own]).join()})`;
  };

  const isOver = ({ until }: Slot<unknown>): boolean => until !== Infinity && until <= now();

  // In one piece: with its second half in a function of its own, a hit takes a third longer.
  const memoized = function (this: unknown, ...args: Parameters<F>): unknown {
    const first = args[0];
    // The shortest way for what is called most.
    const text =
      isDirect &&
      args.length === 1 &&
      this === undefined &&
      (typeof first === "string" ? first.charCodeAt(0) !== PARENTHESIS : typeof first === "number" && first !== 0)
        ? (first as MemoKey)
        : keyOfCall(this, args);
    const slot = slots.get(text);
    if (slot !== undefined && (slot.until === Infinity || slot.until > now())) {
      hits++;
      slot.used = true;
      return slot.value;
    }
    misses++;
    const value = fn.apply(this, args);
    if (isPromise(value)) {
      // A rejection that nobody handles ends the process.
      if (value instanceof Promise) value.catch(() => {});
      throw new ValueError(mustBe("result", "no promise, for which there is memoize", value));
    }
    const lifetime = typeof ttl === "function" ? toMilliseconds(ttl(value, args), "ttl") : fixed;
    if (lifetime <= 0 || shouldCache?.(value, args) === false) slots.delete(text);
    else if (results.set(text, value, lifetime === Infinity ? Infinity : clock.now() + lifetime) !== undefined)
      evictions++;
    return value;
  };

  /** The function with helpers, those of one object where it is given. */
  const faceOf = (face: AnyFunction, self?: object): MemoizedSync<F> => {
    const helpers: Omit<MemoizedSync, keyof AnyFunction> = {
      clear() {
        results.clear();
        hits = misses = evictions = 0;
      },
      delete: (...args: unknown[]) => slots.delete(keyOfCall(self, args)),
      has: (...args: unknown[]) => {
        const slot = slots.get(keyOfCall(self, args));
        return slot !== undefined && !isOver(slot);
      },
      stats: () => ({ hits, misses, evictions, size: slots.size }),
      for: (other) => faceOf((...args: Parameters<F>) => memoized.apply(other, args), other) as never,
      original: fn,
    };
    const { name, length } = fn;
    Object.defineProperties(face, { name: { value: name }, length: { value: length } });
    return Object.assign(face, helpers) as unknown as MemoizedSync<F>;
  };
  return faceOf(memoized);
}
