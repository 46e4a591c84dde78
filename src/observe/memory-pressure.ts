/**
 * Giving memory back when it runs short.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { number } from "../checks.ts";
import { type Duration, toMilliseconds } from "../duration.ts";
import { callable, checkOptions, invalid } from "../errors.ts";
import type { Profile } from "../profiles/profile.ts";
import type { AnyScopes } from "../scope/types.ts";
import { verbsOf } from "../verbs/inside.ts";
import { later } from "./later.ts";
import { bytesOf, MEGABYTE } from "./memory-amount.ts";
import { type MemoryProbe, memoryProbe, type Room, roomsOf } from "./memory-probe.ts";
import { watch } from "./watch.ts";

/** Options of {@linkcode memoryPressure}. */
export interface MemoryPressureOptions {
  /**
   * Memory that is to stay free: bytes, a text such as `"500mb"`, or below 1 the fraction of what there is. Of a room (the machine or its
   * container, the heap) that is less than four times as large, a quarter. Default 0.1.
   */
  target?: number | string | undefined;
  /**
   * How often to look. Where the runtime has no timers, and besides, it looks after every thousand writes; what is copied up from the tiers
   * below is one of them. Default `"5s"`.
   */
  interval?: Duration | undefined;
  /** Entries that stay whatever happens. Default 0. */
  floor?: number | undefined;
  /** How long to wait after a batch, in which the runtime may give the memory back, before the next. Default `"1s"`. */
  cooldown?: Duration | undefined;
  /** Fraction of the entries that leave at a time. Default 0.1. */
  batch?: number | undefined;
  /** Says how much memory is left. Default: that of the runtime. */
  probe?: MemoryProbe | undefined;
  /** Profiles of the cache (`tiercel/profiles`): the one in force says whether to act, the target and the interval. */
  profiles?: { readonly current: Profile } | undefined;
}

/** What watches over the memory. */
export interface MemoryPressure {
  /** Looks now; answers how many entries have left. @throws {ConfigError} for a `probe` that tells no rooms */
  check(): number;
  /** How many have left in all. */
  readonly evicted: number;
  stop(): void;
}

/** Writes after which it looks. */
const WRITES = 1_000;

/**
 * Keeps memory free: while there is less than `target`, the least valuable entries leave the memory tier by its policy, in batches, for
 * reason `memory-pressure`. What the memory tier gives up is still in the tiers below.
 *
 * @throws {ConfigError} for a wrong option, and where the runtime does not tell how much memory is left and there is no `probe`
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { memoryPressure } from "tiercel/observe";
 *
 * const cache = createCache({ tiers: [memory({ maxEntries: 1_000_000 })] });
 * const watch = memoryPressure(cache, { target: "200mb", probe: () => [{ free: 1e9, total: 4e9 }] });
 * watch.check(); // 0: there is enough
 * ```
 */
export function memoryPressure(cache: Cache<AnyScopes>, options: MemoryPressureOptions = {}): MemoryPressure {
  checkOptions(options);
  const { target = 0.1, floor = 0, batch = 0.1, probe = memoryProbe(), profiles } = options;
  const verbs = verbsOf(cache);
  const { engine } = verbs;
  const own = toBytes(target);
  const interval = number("interval", toMilliseconds(options.interval ?? "5s", "interval"));
  const cooldown = number("cooldown", toMilliseconds(options.cooldown ?? "1s", "cooldown"));
  if (!(Number.isSafeInteger(floor) && floor >= 0)) throw invalid("floor", "an integer of 0 or more", floor);
  if (!(batch > 0 && batch <= 1)) throw invalid("batch", "above 0 and at most 1", batch);
  if (probe === undefined)
    throw invalid("probe", "given where the runtime does not tell how much memory is left", probe);
  callable("probe", probe);
  const tiers = engine.store.tiers.filter((tier) => tier.shed && tier.usage);
  let evicted = 0;
  let restUntil = -Infinity;
  let writes = 0;
  let timer: unknown;
  /** What the timer was set to. */
  let scheduled: number | undefined;
  let isOver = false;

  const check = (): number => {
    const { clock } = engine.options;
    const profile = profiles?.current;
    if (isOver || engine.now() < restUntil || profile?.memoryPressure === false) return 0;
    const wanted = profile ? targetOf(profile) : own;
    if (!roomsOf(probe).some((room) => isShort(room, wanted))) return 0;
    let left = 0;
    for (const tier of tiers) {
      const { entries } = tier.usage!();
      const most = Math.min(Math.ceil(entries * batch), entries - floor);
      if (most <= 0) continue;
      tier.shed!(most);
      left += entries - tier.usage!().entries;
    }
    evicted += left;
    if (left > 0) restUntil = clock.now() + cooldown;
    return left;
  };
  const period = (): number => (profiles ? profiles.current.memoryCheckInterval : interval);
  const schedule = (): void => {
    engine.options.clock.clearTimer(timer);
    timer = undefined;
    scheduled = period();
    if (isOver || !(scheduled > 0) || scheduled === Infinity) return;
    const look = (): void => {
      schedule();
      try {
        check();
      } catch (error) {
        engine.emit("error", () => ({ error, operation: "memory pressure" }));
      }
    };
    try {
      timer = later(engine, look, scheduled);
    } catch {
      // Outside of a request; the next write may be within one.
      scheduled = undefined;
    }
  };
  const unwatch = watch(verbs, { ending: () => stop() });
  const wrote = (): void => {
    if (++writes % WRITES === 0) check();
    // Where no timer could be made before the first request, and for another profile.
    if (scheduled !== period()) schedule();
  };
  const unlisten = cache.on("set", wrote);
  const unpromote = cache.on("promote", ({ to }) => {
    if (tiers.some(({ name }) => name === to)) wrote();
  });
  const stop = (): void => {
    isOver = true;
    engine.options.clock.clearTimer(timer);
    unlisten();
    unpromote();
    unwatch();
  };
  schedule();
  return {
    check,
    get evicted() {
      return evicted;
    },
    stop,
  };
}

function isShort({ free, total }: Room, wanted: number): boolean {
  return free < (wanted < 1 ? wanted * total : Math.min(wanted, total / 4));
}

/** A fraction, or bytes. */
function targetOf({ freeMemoryTarget: target }: Profile): number {
  return target < 1 ? target : target * MEGABYTE;
}

/** @throws {ConfigError} for what is no amount of memory */
function toBytes(target: number | string): number {
  if (typeof target === "number" && target >= 0 && target < Infinity) return target;
  return bytesOf("target", target, 'bytes, a fraction below 1, or a text such as "500mb"');
}

export type { MemoryProbe, Room } from "./memory-probe.ts";
