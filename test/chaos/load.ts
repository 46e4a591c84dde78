/**
 * Steady traffic on a cache: so many calls a second, each checked against the truth.
 *
 * @module
 */
import type { Cache } from "../../mod.ts";
import type { Truth } from "./truth.ts";

/** Calls in one second. */
export const RATE = 200;
/** How long a load takes, in milliseconds. */
export const LOAD = 5;

/** What came of it. */
export interface Outcome {
  calls: number;
  /** Of calls that rejected. */
  readonly errors: string[];
  /** Of values that were wrong. */
  readonly wrong: string[];
  /** How long each call took, in milliseconds in which this process could run. */
  readonly times: number[];
}

/** Calls a cache until `until` ends, and waits for what is under way. */
export async function traffic(
  cache: Cache,
  truth: Truth,
  random: () => number,
  until: Promise<unknown>,
): Promise<Outcome> {
  const outcome: Outcome = { calls: 0, errors: [], wrong: [], times: [] };
  const watch = startWatch();
  const running = new Set<Promise<void>>();
  let isOver = false;
  void until.then(() => {
    isOver = true;
  });
  const startedAt = performance.now();
  while (!isOver) {
    await pause(5);
    const due = ((performance.now() - startedAt) * RATE) / 1_000;
    // After a pause of the machine the calls that were due are not made up for all at once.
    for (let i = 0; outcome.calls < due && i < 10; i++) {
      outcome.calls++;
      const call = timed(cache, truth, random, outcome, watch).finally(() => running.delete(call));
      running.add(call);
    }
  }
  await Promise.all(running);
  watch.stop();
  return outcome;
}

/** A watch that stands still while the machine lets this process wait: that is not the cache's time. */
interface Watch {
  now(): number;
  stop(): void;
}

function startWatch(): Watch {
  const tick = 10;
  let last = performance.now();
  let paused = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    paused += Math.max(0, now - last - 2 * tick);
    last = now;
  }, tick);
  return { now: () => performance.now() - paused, stop: () => clearInterval(timer) };
}

async function timed(cache: Cache, truth: Truth, random: () => number, outcome: Outcome, watch: Watch): Promise<void> {
  const startedAt = watch.now();
  try {
    await call(cache, truth, random, outcome);
  } catch (error) {
    outcome.errors.push(String(error));
  }
  outcome.times.push(watch.now() - startedAt);
}

async function call(cache: Cache, truth: Truth, random: () => number, { wrong }: Outcome): Promise<void> {
  const key = truth.keys[Math.floor(random() ** 2 * truth.keys.length)]!;
  const kind = random();
  if (kind < 0.02) {
    const tag = truth.tag(key);
    const versions = truth.change(truth.tagged(tag));
    await cache.invalidateTags([tag]);
    truth.acknowledge(versions);
  } else if (kind < 0.05) {
    const versions = truth.change([key]);
    await cache.delete(key);
    truth.acknowledge(versions);
  } else {
    const floor = truth.floor(key);
    const value = await cache.getOrSet(key, () => source(truth, key), { tags: [truth.tag(key)] });
    const fault = truth.fault(key, value, floor);
    if (fault !== undefined) wrong.push(fault);
  }
}

/** The slow thing that is cached: what it reads, it reads at once. */
async function source(truth: Truth, key: string): Promise<unknown> {
  const value = truth.value(key);
  await pause(LOAD);
  return value;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
