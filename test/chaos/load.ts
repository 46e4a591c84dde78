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

/** A `getOrSet`, or a change: `delete` and `invalidateTags`. */
export type Kind = "load" | "change";

/** What came of it. */
export interface Outcome {
  calls: number;
  /** Of calls that rejected. */
  readonly errors: string[];
  /** Of values that were wrong. */
  readonly wrong: string[];
  /** How long each call took, in milliseconds in which this process could run. */
  readonly times: number[];
  /** How long a call of each kind took at most, without what a pause of the machine has brought about. */
  readonly longest: Record<Kind, number>;
  /** The longest pause of the machine, in milliseconds. */
  held: number;
}

/**
 * A pause of the machine has what is under way run out of its time, though it was answered. So calls wait for as long again, until what was
 * lost in it is over: a lease at the latest. In milliseconds.
 */
const AFTERMATH = 2_000;

/** Calls a cache until `until` ends, and waits for what is under way. */
export async function traffic(
  cache: Cache,
  truth: Truth,
  random: () => number,
  until: Promise<unknown>,
): Promise<Outcome> {
  const outcome: Outcome = { calls: 0, errors: [], wrong: [], times: [], longest: { load: 0, change: 0 }, held: 0 };
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
  return { ...outcome, held: watch.longestPause(startedAt) };
}

/** A watch that stands still while the machine lets this process wait: that is not the cache's time. */
interface Watch {
  now(): number;
  /** For how long it stood still at a time, at most, since then. */
  longestPause(since: number): number;
  stop(): void;
}

function startWatch(): Watch {
  const tick = 10;
  const pauses: { readonly end: number; readonly ms: number }[] = [];
  let last = performance.now();
  let paused = 0;
  const look = (): number => {
    const now = performance.now();
    const ms = Math.max(0, now - last - 2 * tick);
    if (ms > 0) pauses.push({ end: now, ms });
    paused += ms;
    last = now;
    return now;
  };
  const timer = setInterval(look, tick);
  return {
    // After a pause other timers may come before that one.
    now: () => look() - paused,
    longestPause: (since) => pauses.reduce((most, { end, ms }) => (end > since ? Math.max(most, ms) : most), 0),
    stop: () => clearInterval(timer),
  };
}

async function timed(cache: Cache, truth: Truth, random: () => number, outcome: Outcome, watch: Watch): Promise<void> {
  const begun = performance.now();
  const startedAt = watch.now();
  const kind: Kind = random() < 0.05 ? "change" : "load";
  try {
    await (kind === "load" ? load : change)(cache, truth, random, outcome);
  } catch (error) {
    outcome.errors.push(String(error));
  }
  const took = watch.now() - startedAt;
  outcome.times.push(took);
  const { longest } = outcome;
  if (took > longest[kind]) longest[kind] = Math.max(longest[kind], took - watch.longestPause(begun - AFTERMATH));
}

async function change(cache: Cache, truth: Truth, random: () => number): Promise<void> {
  const key = keyOf(truth, random);
  // Two of five by tag.
  if (random() < 0.4) {
    const tag = truth.tag(key);
    const versions = truth.change(truth.tagged(tag));
    await cache.invalidateTags([tag]);
    truth.acknowledge(versions);
  } else {
    const versions = truth.change([key]);
    await cache.delete(key);
    truth.acknowledge(versions);
  }
}

async function load(cache: Cache, truth: Truth, random: () => number, { wrong }: Outcome): Promise<void> {
  const key = keyOf(truth, random);
  const floor = truth.floor(key);
  const value = await cache.getOrSet(key, () => source(truth, key), { tags: [truth.tag(key)] });
  const fault = truth.fault(key, value, floor);
  if (fault !== undefined) wrong.push(fault);
}

/** Some keys are wanted more often than others. */
function keyOf(truth: Truth, random: () => number): string {
  return truth.keys[Math.floor(random() ** 2 * truth.keys.length)]!;
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
