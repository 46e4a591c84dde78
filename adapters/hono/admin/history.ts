/**
 * What the counters were a while ago, for plots. It is kept while somebody looks, and costs nothing otherwise.
 *
 * @module
 */
import type { CacheStats } from "../../../src/stats.ts";

/** Counters at a moment, in milliseconds since the epoch. */
interface Sample {
  readonly at: number;
  readonly hits: number;
  readonly reads: number;
  readonly writes: number;
}

/** What happened between two looks, per second. */
export interface Rate {
  readonly at: number;
  readonly reads: number;
  readonly writes: number;
  /** Of the reads, 0 to 1; `undefined` when there were none. */
  readonly hitRate: number | undefined;
}

/** Most samples: ten minutes at one in two seconds. */
const MOST = 300;

/** Shortest time between two samples, in milliseconds, however many look. */
const LEAST = 900;

/** After so long without a look the old ones are of no use, in milliseconds. */
const GAP = 60_000;

/** Samples of one cache. */
export class History {
  #samples: Sample[] = [];

  /** Takes a look, unless somebody has just done so. */
  add({ hits, staleHits, misses, sets, deletes }: CacheStats, at: number): void {
    const last = this.#samples.at(-1);
    if (last && at - last.at < LEAST) return;
    const sample = { at, hits: hits + staleHits, reads: hits + staleHits + misses, writes: sets + deletes };
    // The counters were set back, or nobody has looked for long.
    if (last && (sample.reads < last.reads || sample.writes < last.writes || at - last.at > GAP)) this.#samples = [];
    this.#samples.push(sample);
    if (this.#samples.length > MOST) this.#samples.shift();
  }

  rates(): Rate[] {
    return this.#samples.slice(1).map((sample, i) => {
      const before = this.#samples[i]!;
      const seconds = (sample.at - before.at) / 1_000;
      const reads = sample.reads - before.reads;
      return {
        at: sample.at,
        reads: reads / seconds,
        writes: (sample.writes - before.writes) / seconds,
        hitRate: reads > 0 ? (sample.hits - before.hits) / reads : undefined,
      };
    });
  }
}
