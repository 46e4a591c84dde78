/**
 * The replacement policy of the memory tier.
 *
 * @module
 */
import { History } from "./history.ts";
import { COUNT, PROBATION, PROTECTED, RING, Slots, SURVIVOR, VISITED, WINDOW } from "./slots.ts";

/** The most of the main rings that may be protected, as in segmented LRU. */
const PROTECTED_SHARE = 0.8;

/** The most entries that one eviction passes by or moves: ten microseconds. Less than a hundred would cost hits. */
const STEPS = 1024;

/** Evictions until a count is halved, per entry. */
const AGE = 10;

/** Evictions between two steps of the window, per entry of the cache. Tenths are slower to adapt, hundredths noisier. */
const INTERVAL = 1 / 20;

/**
 * How the window steps: this much of the cache times the square of the logarithm. With a third less, a cache whose working set is
 * suddenly another falls up to two points behind LRU for a while; with a third more, the mean is lower by a tenth of a point.
 */
const STEP = 0.009;
const MAX_STEP = 0.2;

/** What is left of old regrets and comforts after a step, and of lookups and what they found. */
const MEMORY = 0.8;

/** The window's share of the cache: never nothing, never all. */
const MIN_WINDOW = 0.01;
const MAX_WINDOW = 0.99;

/** Newcomers in an interval that are looked up at once for regrets. As many as a poll needs; more do not improve it. */
const POLL = 64;

/** One of so many lookups must find something, or the policy dozes; and in a doze, one of so many evictions looks. */
const FINDS = 64;
const DOZE = 8;

/**
 * An adaptive W-TinyLFU with lazy promotion.
 *
 * Admission. What was asked for often deserves its place more than what has just come (Einziger, Friedman, Manes: "TinyLFU: A
 * Highly Efficient Cache Admission Policy", ACM Transactions on Storage 2017). A newcomer stands in the window first. When the
 * window is too large, its oldest entry is the candidate for a place in the main part, and gets it only if it was asked for
 * more often than the entry that would have to go, the victim. So a scan goes by and leaves what is asked for again in its place.
 *
 * Rings. The main part is probation, from whose head victims come, and the protected ring, for what was asked for on
 * probation, as in segmented LRU (Karedla, Love, Wherry: "Caching Strategies to Improve Disk System Performance", 1994).
 *
 * Lazy promotion. A hit writes one byte and moves nothing. The rings are put in order when something has to go: an entry
 * that was asked for since the hand last came by is passed by or promoted then, as in CLOCK (Corbató 1968; Yang, Qiu, Zhang, Yue,
 * Rashmi: "FIFO can be Better than LRU", HotOS 2023). One eviction does a bounded number of such steps.
 *
 * Counts. Of what is here each entry counts its requests exactly, up to 15, in its own byte; a hand halves them, all of them once
 * in ten evictions per entry. Of what has left the history remembers the count, instead of the sketch of the papers: it is asked only
 * when a candidate contends, and forgets what it gives back.
 *
 * The window's size. Einziger, Eytan, Friedman and Manes ("Adaptive Software Cache Management", Middleware 2018) climb hills by
 * the hit ratio, which is noisy. Here two signs are compared. A regret: a newcomer whose candidature was turned down a
 * moment ago is asked for again, so a larger window would have kept it. A comfort: an entry that outlived a candidate is asked
 * for, so the main part was right to keep it. Both per place that they had, the logarithm of their ratio says which way to step,
 * and its square how far. Regrets are taken from a sample of the newcomers.
 *
 * Dozing. Where hardly any candidate is found in the history, as in a long scan, only one eviction in eight asks it and writes to it.
 *
 * Weights. Where entries weigh differently, rings are measured by weight, and a candidate must have been asked for more often than all
 * that would have to go for it together.
 *
 * Attackers. The history's hash has a seed that nobody outside knows. With collisions all the same, counts are too high
 * for strangers, and the policy comes near to taking turns.
 */
export class TinyLfu extends Slots {
  readonly #hashOf: (slot: number) => number;
  #history = new History(0);
  #newest = -1;
  /** The window's share of the cache, and the weights of window and protected ring that follow from it. */
  #share = MIN_WINDOW;
  #window = Infinity;
  #protected = Infinity;
  /** Evictions until the next step, and between steps. */
  #left = 0;
  #interval = 0;
  #hand = 0;
  #regrets = 0;
  #comforts = 0;
  /** Newcomers until one is looked up for regrets, and between those. */
  #unasked = 1;
  #stride = 1;
  #lookups = 0;
  #finds = 0;
  #isDozing = false;
  /** Says which evictions look in a doze: never in step with what comes back. */
  #noise = 0;

  constructor(expected: number, hashOf: (slot: number) => number, weighted = false) {
    super(expected, weighted);
    this.#hashOf = hashOf;
  }

  /** A new entry, in a slot from {@linkcode take}. Its key must be at hand for `hashOf`. */
  insert(slot: number, weight = 1): void {
    const { tails, weights } = this;
    const tail = tails[WINDOW]!;
    if (weights) weights[slot] = weight;
    this.meta[slot] = 1;
    this.push(WINDOW, slot);
    // heavier than the window: contend for a place at once
    if (weight > this.#window && tail >= 0) tails[WINDOW] = tail;
    this.#newest = slot;
    this.count++;
    if (--this.#unasked > 0) return;
    this.#unasked = this.#stride;
    if (this.#interval > 0 && !this.#isDozing && this.#history.regrets(this.#hashOf(slot))) this.#regrets++;
  }

  /** The entry was read or overwritten. */
  hit(slot: number): void {
    const bits = this.meta[slot]!;
    this.meta[slot] = (bits & COUNT) === COUNT ? bits | VISITED : (bits | VISITED) + 1;
  }

  /** Gives up an entry, whose slot it returns: it is free, and the cache must forget key and value. */
  evict(): number {
    if (--this.#left <= 0) this.#adapt();
    const { meta, next, tails } = this;
    const awake = !this.#isDozing || this.#draws();
    let candidate = -1;
    let hash = 0;
    let count = 0;
    if (this.sizes[WINDOW]! > this.#window) {
      candidate = next[tails[WINDOW]!]!;
      if (meta[candidate]! >= VISITED || candidate === this.#newest || this.#isSurplus(candidate))
        candidate = this.#candidate();
      this.shift(WINDOW, candidate);
      count = meta[candidate]! & COUNT;
      if (awake) count = Math.min(COUNT, count + this.#recall((hash = this.#hashOf(candidate))));
    }
    let victim = tails[PROBATION]!;
    if (victim >= 0) victim = next[victim]!;
    if (victim < 0 || (meta[victim]! & ~(COUNT | SURVIVOR)) !== PROBATION << RING) victim = this.#victim();
    if (victim >= 0 && (candidate < 0 || this.#outweighs(candidate, count, victim))) {
      this.shift(PROBATION, victim);
      if (candidate >= 0) {
        meta[candidate] = count;
        this.push(PROBATION, candidate);
      }
      if (awake) this.#history.note(this.#hashOf(victim), meta[victim]! & COUNT, false);
      return this.drop(victim);
    }
    if (victim >= 0) {
      meta[victim]! |= SURVIVOR;
      tails[PROBATION] = victim;
    } else if (candidate < 0) {
      candidate = this.head(WINDOW);
      this.shift(WINDOW, candidate);
      return this.drop(candidate);
    }
    if (awake) this.#history.note(hash, count, true);
    return this.drop(candidate);
  }

  /** How often a candidate had been asked for when it left. */
  #recall(hash: number): number {
    const found = this.#history.recall(hash);
    this.#lookups++;
    if (found > 0) this.#finds++;
    return found;
  }

  /** Once in {@linkcode DOZE} times, by a linear congruential generator (constants of Knuth and Lewis). */
  #draws(): boolean {
    this.#noise = (Math.imul(this.#noise, 1664525) + 1013904223) | 0;
    return this.#noise >>> 0 < 2 ** 32 / DOZE;
  }

  /** Whether the window would still be too large without the entry, and something more. */
  #isSurplus(slot: number): boolean {
    return this.sizes[WINDOW]! - 2 * this.weigh(slot) >= this.#window;
  }

  /** The first of the window that was not asked for since its last turn. */
  #candidate(): number {
    for (let steps = STEPS; ; steps--) {
      const slot = this.head(WINDOW);
      if (steps === 0) return slot;
      const isNew = slot === this.#newest && this.weigh(slot) <= this.#window;
      if (isNew || (this.meta[slot]! & VISITED) !== 0) this.pass(WINDOW, slot);
      else if (this.#isSurplus(slot)) {
        this.shift(WINDOW, slot);
        this.push(PROBATION, slot);
      } else return slot;
    }
  }

  #victim(): number {
    const { meta, sizes } = this;
    for (let steps = STEPS; ; steps--) {
      const slot = this.head(PROBATION);
      const old = slot < 0 || sizes[PROTECTED]! > this.#protected ? this.head(PROTECTED) : -1;
      if (old >= 0) {
        if ((meta[old]! & VISITED) !== 0 && steps > 0) this.pass(PROTECTED, old);
        else {
          this.shift(PROTECTED, old);
          this.push(PROBATION, old);
        }
      } else {
        if (slot < 0 || (meta[slot]! & VISITED) === 0 || steps <= 0) return slot;
        if ((meta[slot]! & SURVIVOR) !== 0) this.#comforts++;
        this.shift(PROBATION, slot);
        this.push(PROTECTED, slot);
      }
    }
  }

  /** Whether a candidate was asked for more often than all that would have to go for it together. */
  #outweighs(candidate: number, count: number, victim: number): boolean {
    if (this.weights === undefined) return count > (this.meta[victim]! & COUNT);
    let need = this.weigh(candidate);
    let slot = victim;
    do {
      count -= this.meta[slot]! & COUNT;
      need -= this.weigh(slot);
      slot = this.next[slot]!;
    } while (count > 0 && need > 0 && slot !== victim);
    return count > 0;
  }

  #adapt(): void {
    const { meta, count, weight } = this;
    if (this.#interval > 0) {
      // halve a tenth of as many counts as there were evictions
      for (let left = this.#interval; left > 0; left -= AGE) {
        this.#hand = (this.#hand + 1) % this.used;
        meta[this.#hand]! -= (meta[this.#hand]! & COUNT) >> 1;
      }
      // hits per place
      const places = (this.#history.buckets * weight) / (count * (this.sizes[PROBATION]! || 1) * this.#stride);
      // a regret speaks for a whole stride of newcomers, but may be a mistake: so doubt is between one of them and one stride
      const doubt = this.#stride ** -0.5;
      const ratio = Math.log((this.#regrets + doubt) / (this.#comforts * places + doubt));
      const step = Math.sign(ratio) * Math.min(MAX_STEP, STEP * ratio ** 2);
      this.#share = Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, this.#share + step));
      this.#regrets *= MEMORY;
      this.#comforts *= MEMORY;
      this.#isDozing = this.#finds * FINDS < this.#lookups - (this.#isDozing ? 0 : 4 * DOZE);
      this.#lookups *= MEMORY;
      this.#finds *= MEMORY;
    }
    if (count > 2 * this.#history.entries) this.#history = new History(count);
    this.#left = this.#interval = Math.ceil((count * INTERVAL) / AGE + 1) * AGE;
    this.#stride = Math.ceil(this.#interval / POLL);
    this.#window = Math.max(weight / count, this.#share * weight);
    this.#protected = PROTECTED_SHARE * (weight - this.#window);
  }
}
