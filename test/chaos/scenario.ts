/**
 * One fault of a real server under steady traffic: what the callers see, and when the store serves again.
 *
 * @module
 */
import { type Cache, createCache, memory, type Tier } from "../../mod.ts";
import { seededRandom } from "../contract/mod.ts";
import { type Outcome, pause, traffic } from "./load.ts";
import { Truth } from "./truth.ts";

/** A store that can be hurt. */
export interface Victim {
  /** A tier over it, at each call another connection. By the way of the fault, or past it and with all the time that it needs. */
  tier(past?: boolean): Tier;
  /** Does the harm, and ends when it is mended. */
  hurt(duration: number): Promise<void>;
  stop(): Promise<void>;
}

/** A row of the table. */
export interface Row extends Pick<Outcome, "errors" | "wrong" | "longest" | "held"> {
  readonly calls: number;
  /** Of the duration of calls, in milliseconds. */
  readonly p99: number;
  /** From the end of the fault until the store answered again, in milliseconds; `undefined` when it did not. */
  readonly recovered: number | undefined;
  /** Wrong values that another process reads from the store in the end. */
  readonly left: readonly string[];
}

/** Longest wait for a store that was mended, in milliseconds: a busy machine needs several tries to tell it what it missed. */
const PATIENCE = 120_000;

/** Plays a fault: quiet for a sixth of the time, the fault for a third, and the rest after it, or until the store is used again. */
export async function play(victim: Victim, duration: number, seed: number): Promise<Row> {
  const truth = new Truth(400);
  const cache = createCache({ name: "chaos", tiers: [memory(), victim.tier()], coherence: 200, lease: "2s" });
  const recovery = pause(duration / 6).then(async () => {
    await victim.hurt(duration / 3);
    return untilUsed(cache);
  });
  const over = Promise.all([pause(duration), recovery]);
  const running = traffic(cache, truth, seededRandom(seed), over);
  try {
    const recovered = await recovery;
    const { calls, errors, wrong, times, longest, held } = await running;
    times.sort((a, b) => a - b);
    const left = await leftAtLast(cache, victim, truth);
    return {
      calls,
      errors,
      wrong,
      left,
      held,
      recovered,
      p99: times[Math.floor(times.length * 0.99)]!,
      longest,
    };
  } finally {
    await cache.close();
    await victim.stop();
  }
}

/** How long it takes until the tier below gives or takes something, in milliseconds; `undefined` when it does not. */
async function untilUsed(cache: Cache): Promise<number | undefined> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < PATIENCE) {
    const before = cache.stats().tiers[1]!;
    await pause(20);
    const { hits, sets } = cache.stats().tiers[1]!;
    if (hits > before.hits || sets > before.sets) return performance.now() - startedAt;
  }
  return undefined;
}

/** What is wrong in the store when it has been told what it missed: the next call does that, or the one after it. */
async function leftAtLast(cache: Cache, victim: Victim, truth: Truth): Promise<string[]> {
  const deadline = performance.now() + PATIENCE;
  for (let round = 0; ; round++) {
    await cache.getOrSet(`last ${round}`, () => round);
    const left = await leftIn(victim, truth);
    if (left.length === 0 || performance.now() > deadline) return left;
    await pause(500);
  }
}

/** What another process, without a memory, finds in the store that is wrong. */
async function leftIn(victim: Victim, truth: Truth): Promise<string[]> {
  const other = createCache({ name: "chaos", tiers: [victim.tier(true)] });
  try {
    const found = await other.getMany([...truth.keys]);
    if (other.stats().errors > 0) return ["the store cannot be read"];
    return [...found].flatMap(([key, value]) => truth.fault(key, value, truth.floor(key)) ?? []);
  } finally {
    await other.close();
  }
}
