import type { MemoryOptions } from "../../../mod.ts";
import { seededRandom } from "../../contract/mod.ts";
import { type OpenMemory, open } from "./open.ts";

/** What a run may do beside writing, reading and deleting. */
export interface RunOptions {
  readonly seed: number;
  readonly steps: number;
  /** Different keys. */
  readonly keys: number;
  /** Whether entries have an end. */
  readonly withEnds?: boolean;
  /** Bytes of a value, by a random number. */
  readonly weigh?: (random: number) => number;
  /** How often everything is compared: every so many steps. */
  readonly every: number;
}

/** An entry that must be there, unless the tier has told that it left. */
interface Kept {
  readonly value: number;
  readonly end: number;
  readonly weight: number;
}

/**
 * Does random things to a tier and keeps the books: what was written and has neither been deleted nor told to have left is
 * there with its last value, nothing else is, no bound is exceeded by one entry or byte, and nothing is told to
 * have left twice.
 *
 * @throws {Error} naming the step at which the books and the tier differ
 */
export async function run(options: MemoryOptions, spec: RunOptions): Promise<OpenMemory> {
  const { seed, steps, keys, withEnds = false, weigh, every } = spec;
  const random = seededRandom(seed);
  const sizeOf = weigh && ((value: unknown) => (value as { weight: number }).weight);
  const tier = open({ ...options, ...(sizeOf && { sizeOf }) });
  const { maxEntries = Infinity, maxBytes = Infinity } = options;
  const books = new Map<string, Kept>();

  const fail = (step: number, message: string): never => {
    throw new Error(`seed ${seed}, step ${step}: ${message}`);
  };
  const settle = (step: number, written?: string): void => {
    for (const text of tier.removed.splice(0)) {
      const [key, reason] = text.split(" ") as [string, string];
      const kept = books.get(key);
      // What is too heavy alone is told although it never was there.
      if (!kept && key !== written) fail(step, `${key} left twice, or was never there`);
      if (kept && reason === "ttl" && kept.end > tier.clock.now()) fail(step, `${key} left before its end`);
      books.delete(key);
    }
  };

  for (let step = 0; step < steps; step++) {
    const key = `k${Math.floor(random() ** 3 * keys)}`;
    const what = random();
    const now = tier.clock.now();
    if (what < 0.55) {
      const kept = books.get(key);
      const expected = kept && kept.end > now ? kept.value : undefined;
      const got = (tier.get(key) as { step: number } | undefined)?.step;
      if (got !== expected) fail(step, `${key} is ${got}, not ${expected}`);
      settle(step);
      books.delete(expected === undefined ? key : "");
    } else if (what < 0.93) {
      const weight = weigh ? weigh(random()) : 0;
      const end = withEnds && random() < 0.7 ? now + Math.ceil(random() * 50) : Infinity;
      const before = books.get(key);
      books.delete(key);
      tier.put(key, { step, weight }, { freshUntil: end, staleUntil: end });
      // What left with the write was told with the books as they were.
      if (before) books.set(key, before);
      const left = tier.removed.some((text) => text.startsWith(`${key} `));
      settle(step, key);
      if (!left) books.set(key, { value: step, end, weight });
      else if (tier.peek(key) !== undefined) fail(step, `${key} left and is there`);
    } else if (what < 0.97) {
      const kept = books.get(key);
      const [existed] = tier.drop(key);
      settle(step);
      if (existed !== Boolean(kept && kept.end > now)) fail(step, `${key} existed: ${existed}`);
      books.delete(key);
    } else if (what < 0.975) {
      tier.prune(Math.floor(random() * 20));
      settle(step);
    } else if (what < 0.9752) {
      tier.tier.sync.clear("", now);
      books.clear();
      settle(step);
    } else if (withEnds) await tier.clock.advance(Math.ceil(random() * 5));

    if (books.size > maxEntries) fail(step, `${books.size} entries of ${maxEntries}`);
    if (step % every !== 0 && step !== steps - 1) continue;
    const { entries, bytes } = tier.usage();
    if (entries !== books.size) fail(step, `${entries} entries, ${books.size} by the books`);
    if (weigh) {
      const sum = [...books.values()].reduce((total, { weight }) => total + Math.ceil(weight), 0);
      if (bytes > maxBytes || bytes !== sum) fail(step, `${bytes} bytes, ${sum} by the books`);
    }
  }
  return tier;
}
