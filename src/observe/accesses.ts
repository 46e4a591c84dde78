/**
 * Which keys are read: a hit looks its key up and counts, and no more; what was counted is given on when there are many keys, after a second,
 * or when somebody asks.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Verbs } from "../verbs/verbs.ts";
import { later } from "./later.ts";
import { watch } from "./watch.ts";

/** Most keys that are counted until they are given on. With fewer, those that are read now and then are given on again and again. */
const MOST_KEYS = 16_384;

/** So many reads are counted one by one in that time; of those beyond, one in eight in the mean, as eight: counting costs as much as a hit. */
const EXACT = 100_000;
const WEIGHT = 8;

/** How long they are counted, in milliseconds, where the runtime has timers. */
const DELAY = 1_000;

/** Keys that were read since the last time, with how often each was. */
export type Tally = ReadonlyMap<string, { readonly count: number }>;

/** Is told what was read. */
export type Counted = (tally: Tally) => void;

/** The reads of a cache, for those who count them. */
export class Accesses {
  readonly #engine: Engine;
  readonly #counters = new Set<Counted>();
  readonly #unwatch: () => void;
  #cells = new Map<string, { count: number }>();
  #timer: unknown;
  /** Reads that are yet counted one by one, how many one stands for, and how many are left out before the next. */
  #exact = EXACT;
  #weight = 1;
  #skip = 0;
  #noise = 0;

  constructor(verbs: Verbs) {
    this.#engine = verbs.engine;
    this.#unwatch = watch(verbs, {
      seen: (text) => this.#seen(text),
      ending: () => this.drain(),
    });
  }

  #seen(text: string): void {
    if (this.#skip > 0) {
      this.#skip--;
      return;
    }
    const cell = this.#cells.get(text);
    if (cell === undefined) this.#begin(text);
    else cell.count += this.#weight;
    if (--this.#exact < 0) this.#thin();
  }

  /** Leaves out from 0 to 14 reads, so that each that is counted stands for 8 in the mean. */
  #thin(): void {
    this.#weight = WEIGHT;
    // A linear congruential generator (constants of Knuth and Lewis): never in step with the order of the reads.
    this.#noise = (Math.imul(this.#noise, 1664525) + 1013904223) | 0;
    this.#skip = (this.#noise >>> 8) % (2 * WEIGHT - 1);
  }

  #begin(text: string): void {
    this.#cells.set(text, { count: this.#weight });
    if (this.#cells.size >= MOST_KEYS) this.drain();
    else if (this.#timer === undefined) this.#timer = later(this.#engine, () => this.drain(), DELAY);
  }

  /** Gives on what was counted. */
  drain(): void {
    if (this.#timer) this.#engine.options.clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#exact = EXACT;
    this.#weight = 1;
    this.#skip = 0;
    if (this.#cells.size === 0) return;
    const tally = this.#cells;
    this.#cells = new Map();
    for (const counter of this.#counters) counter(tally);
  }

  /** Returns what ends it. */
  count(counter: Counted): () => void {
    this.#counters.add(counter);
    return () => {
      this.drain();
      this.#counters.delete(counter);
      if (this.#counters.size > 0) return;
      this.#unwatch();
      all.delete(this.#engine);
    };
  }
}

const all = /* @__PURE__ */ new WeakMap<Engine, Accesses>();

/** The one that all counters of a cache share. */
export function accessesOf(verbs: Verbs): Accesses {
  let accesses = all.get(verbs.engine);
  if (!accesses) {
    accesses = new Accesses(verbs);
    all.set(verbs.engine, accesses);
  }
  return accesses;
}
