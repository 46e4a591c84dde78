/**
 * A tier that fails on command: faults are injected by a real tier between the cache and its store, not by mocks.
 *
 * @module
 */

import type { Clock } from "../../src/clock.ts";
import { systemClock } from "../../src/clock.ts";
import { defineTier } from "../../src/define-tier.ts";
import type { Duration } from "../../src/duration.ts";
import { toMilliseconds } from "../../src/duration.ts";
import { then } from "../../src/maybe.ts";
import type {
  MaybePromise,
  ReadOptions,
  ReadResult,
  SyncTier,
  Tier,
  TierContext,
  TierOperations,
} from "../../src/tier.ts";
import { corruptor } from "./corrupt.ts";
import type { BatchFault, Fault, FaultPlan, FaultyTier, Operation, ReadFault } from "./faults.ts";
import { InjectedFault, OPERATIONS } from "./faults.ts";

type AnyFault = ReadFault | BatchFault;

/** What a fault needs to know of an operation beside how to do it. */
interface Variants<T> {
  readonly corrupted?: (answer: T) => MaybePromise<T>;
  readonly half?: () => unknown;
}

/**
 * Puts a tier between a cache and `inner` that fails on command. It declares and offers what `inner` does.
 *
 * With `getMany: "corrupt"` a `Uint8Array` comes back damaged (a bit flipped, cut, random or empty), as from a
 * bad disk under a byte store; any other value is a miss that is reported as corrupt. The synchronous face cannot wait:
 * there `"hang"`, `"mute"` and `{ delay }` throw like `"throw"`. The fast path `fresh` sees nothing while `getMany` fails.
 *
 * @param clock runs the delays; default the clock that the cache gives when it opens the tier
 *
 * @example
 * ```ts
 * import { faultyTier, mapTier } from "tiercel/testing";
 *
 * const remote = faultyTier(mapTier());
 * remote.faults.fail({ getMany: "hang", setMany: "half" });
 * remote.faults.heal();
 * console.log(remote.faults.calls.getMany); // 0
 * ```
 */
export function faultyTier<V>(inner: Tier<V>, clock?: Clock): FaultyTier<V> {
  let context: TierContext | undefined;
  let plan: Partial<Record<Operation, AnyFault>> = {};
  let left = Infinity;
  const calls = Object.fromEntries(OPERATIONS.map((operation) => [operation, 0])) as Record<Operation, number>;
  const waiting = new Set<{ readonly operation: Operation; readonly go: () => void }>();
  const corrupt = corruptor(inner.name, (error, key) => context?.report("corrupt", error, key));

  const injected = (operation: Operation) => new InjectedFault(`Injected fault in ${operation} of tier ${inner.name}`);
  const held = (operation: Operation) => new Promise<void>((go) => waiting.add({ operation, go }));
  const sleep = (duration: Duration) => {
    const timers = clock ?? context?.clock ?? systemClock;
    return new Promise<void>((resolve) => void timers.setTimer(resolve, toMilliseconds(duration, "delay")));
  };

  /** The fault for this call, which is counted. */
  function take(operation: Operation): AnyFault | undefined {
    calls[operation] += 1;
    const fault = plan[operation];
    if (fault === undefined || left <= 0) return undefined;
    left -= 1;
    return fault;
  }

  function strike<T>(
    fault: AnyFault | undefined,
    operation: Operation,
    run: () => MaybePromise<T>,
    variants: Variants<T>,
  ): MaybePromise<T> {
    if (fault === undefined) return run();
    if (fault === "throw") throw injected(operation);
    return strikeLater(fault, operation, run, variants);
  }

  async function strikeLater<T>(
    fault: AnyFault,
    operation: Operation,
    run: () => MaybePromise<T>,
    variants: Variants<T>,
  ): Promise<T> {
    if (typeof fault === "object") {
      await sleep(fault.delay);
      return strike(fault.fault, operation, run, variants);
    }
    if (fault === "hang") return held(operation).then(run);
    if (fault === "mute") {
      const answer = (async () => run())();
      await Promise.all([held(operation), answer.catch(() => {})]);
      return answer;
    }
    if (fault === "corrupt" && variants.corrupted) return variants.corrupted(await run());
    if (fault === "half") await variants.half?.();
    throw injected(operation);
  }

  function strikeNow<T>(operation: Operation, run: () => T, variants: Variants<T>): T {
    const fault = take(operation);
    if (fault === undefined) return run();
    // The store answers at once, and so does what is asked of it because of the damage.
    if (fault === "corrupt" && variants.corrupted) return variants.corrupted(run()) as T;
    if (fault === "half") variants.half?.();
    throw injected(operation);
  }

  type Strike = <T>(operation: Operation, run: () => T, variants: Variants<Awaited<T>>) => T;
  const later = ((operation: Operation, run: () => unknown, variants: Variants<unknown>) =>
    strike(take(operation), operation, run, variants)) as Strike;

  const tier: FaultyTier<V> = {
    ...wrapped(inner, later, corrupt),
    name: inner.name,
    capabilities: inner.capabilities,
    ...(inner.options && { options: inner.options }),
    ...(inner.client !== undefined && { client: inner.client }),
    ...(inner.sync && {
      sync: wrapped(inner.sync as unknown as Operations<V>, strikeNow as Strike, corrupt) as unknown as SyncTier<V>,
    }),
    open(given) {
      context = given;
      return later("open", () => inner.open?.(given), {});
    },
    ...(inner.prepare && { prepare: (writes) => later("prepare", () => inner.prepare!(writes), {}) }),
    ...(inner.fresh && {
      fresh(key, sequence, now) {
        calls.fresh += 1;
        return left > 0 && (plan.fresh ?? plan.getMany) !== undefined ? undefined : inner.fresh!(key, sequence, now);
      },
    }),
    ...(inner.usage && { usage: () => inner.usage!() }),
    close: () => later("close", () => inner.close?.(), {}),
    faults: {
      fail(next, times = Infinity) {
        const everywhere = OPERATIONS.filter((operation) => !["open", "prepare", "close"].includes(operation));
        const single = typeof next === "string" || "delay" in next;
        plan = single
          ? Object.fromEntries(everywhere.map((operation) => [operation, next as Fault]))
          : { ...(next as FaultPlan) };
        left = times;
      },
      heal() {
        plan = {};
      },
      release(operation) {
        const released = [...waiting].filter((call) => operation === undefined || call.operation === operation);
        for (const call of released) {
          waiting.delete(call);
          call.go();
        }
        return released.length;
      },
      get held() {
        return waiting.size;
      },
      calls,
      resetCalls() {
        for (const operation of OPERATIONS) calls[operation] = 0;
      },
    },
  };
  // What is made of a byte store by it is never used as a tier of values, which the types see to.
  return defineTier(tier as FaultyTier) as unknown as FaultyTier<V>;
}

type Operations<V> = TierOperations<V, "async">;
type Striking = <T>(operation: Operation, run: () => T, variants: Variants<Awaited<T>>) => T;

/** The operations of one face of `inner`, each through `strike`; optional ones only where `inner` has them. */
function wrapped<V>(
  inner: Operations<V>,
  strike: Striking,
  corrupt: (keys: readonly string[], answer: ReadResult<V>) => ReadResult<V>,
): Operations<V> {
  const half = <T>(batch: readonly T[]) => batch.slice(0, Math.floor(batch.length / 2));
  return {
    getMany: (keys, options) =>
      strike("getMany", () => inner.getMany(keys, options), {
        corrupted: (answer) => leased(inner, keys, options, answer, corrupt(keys, answer)),
      }),
    setMany: (writes, now) =>
      strike("setMany", () => inner.setMany(writes, now), { half: () => inner.setMany(half(writes), now) }),
    deleteMany: (keys, now) =>
      strike("deleteMany", () => inner.deleteMany(keys, now), { half: () => inner.deleteMany(half(keys), now) }),
    clear: (prefix, now, progress) => strike("clear", () => inner.clear(prefix, now, progress), {}),
    ...(inner.touchMany && {
      touchMany: (touches, now) =>
        strike("touchMany", () => inner.touchMany!(touches, now), { half: () => inner.touchMany!(half(touches), now) }),
    }),
    ...(inner.prune && { prune: (limit, now) => strike("prune", () => inner.prune!(limit, now), {}) }),
    ...(inner.scan && { scan: (options) => strike("scan", () => inner.scan!(options), {}) }),
    ...(inner.size && { size: (prefix, now) => strike("size", () => inner.size!(prefix, now), {}) }),
    ...(inner.invalidate && {
      invalidate: (invalidation) => strike("invalidate", () => inner.invalidate!(invalidation), {}),
    }),
    ...(inner.journal && { journal: (since) => strike("journal", () => inner.journal!(since), {}) }),
    ...(inner.release && { release: (leases) => strike("release", () => inner.release!(leases), {}) }),
  };
}

/** Takes the leases that were asked for on keys whose entries became misses, as if these had never been there. */
function leased<V>(
  inner: Operations<V>,
  keys: readonly string[],
  options: ReadOptions,
  before: ReadResult<V>,
  damaged: ReadResult<V>,
): MaybePromise<ReadResult<V>> {
  const lost = keys.filter((_, index) => before.entries[index] && !damaged.entries[index]);
  if (options.lease === undefined || lost.length === 0) return damaged;
  return then(inner.getMany(lost, { ...options, refresh: true }), ({ leases = [] }) => ({
    ...damaged,
    leases: keys.map((key, index) => damaged.leases?.[index] ?? leases[lost.indexOf(key)]),
  }));
}
