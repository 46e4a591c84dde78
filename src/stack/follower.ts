/**
 * Following what other processes change in a shared tier, by its journal.
 *
 * @module
 */
import { hasTimers } from "../clock.ts";
import type { Engine } from "../engine.ts";
import { TierError } from "../errors.ts";
import { alive, joined } from "../joined.ts";
import { all, isPromise, then } from "../maybe.ts";
import type { Change, JournalPage, MaybePromise } from "../tier.ts";
import type { Layer } from "./layer.ts";
import type { Note } from "./notes.ts";

/** What is dropped when nobody knows what was changed. */
const EVERYTHING: readonly Change[] = [{ by: "prefix", prefix: "" }];

/** So far the journal may go on before it is written down again how far it was followed. */
const NOTE_EVERY = 1_000;

/** When a look is made good that failed where no other would follow, in milliseconds. */
const RETRY = 1_000;

/** A look that takes time. */
interface Running {
  readonly startedAt: number;
  readonly done: Promise<void>;
}

/**
 * Looks into the journal of a layer before a call is served, where the last look is older than the `coherence` of the
 * cache. A tier that fails to answer is asked again after that time; until it answers, the tiers above it serve what they
 * have.
 *
 * A lasting tier above the journal still has its entries after a restart, so how far the journal was followed is noted in
 * it, and the next process begins there. Without a note it is emptied before it serves.
 */
export class Follower {
  /** The invalidation sequence at the last look: of what was invalidated up to it, the cache knows. */
  sequence = 0;
  #position: number | undefined;
  /** It could not be asked where the journal stands, and something may have been kept above all the same. */
  #isBlind = false;
  #running: Running | undefined;
  readonly #layer: Layer;
  readonly #lasting: readonly Layer[];
  readonly #below: readonly Layer[];
  readonly #engine: Engine;
  /** How far the notes go. */
  #noted = -1;

  /**
   * @param lasting those above that have entries from before
   * @param below those that keep no tags, and have entries of which only the journal tells whether their tags were invalidated
   */
  constructor(layer: Layer, lasting: readonly Layer[], below: readonly Layer[], engine: Engine) {
    this.#layer = layer;
    this.#lasting = lasting;
    this.#below = below;
    for (const { notes } of below) notes.forget(Infinity);
    this.#engine = engine;
    engine.coherentUntil = -Infinity;
  }

  /** Before something is kept above: asks where the journal stands, once. */
  begin(): MaybePromise<void> {
    return this.#position === undefined && !this.#isBlind ? this.#join(this.#awaited) : undefined;
  }

  /**
   * Looks, unless the last look is recent enough, or one is under way that is.
   *
   * @param matters asked before a look, where one is due: what was changed may concern nothing that is to be read
   */
  check(matters?: () => boolean): MaybePromise<void> {
    const now = this.#engine.now();
    if (now < this.#engine.coherentUntil) return undefined;
    if (this.#position !== undefined && !this.#isBlind && matters?.() === false) return undefined;
    const running = this.#awaited;
    return running && now < running.startedAt + this.#engine.options.coherence ? this.#join(running) : this.look();
  }

  /** Looks now. Those who ask while a look is under way share the next: that one may have read what is older. */
  look(): MaybePromise<void> {
    const running = this.#awaited;
    return running ? this.#ended(running).then(() => this.#join(this.#running)) : this.#look();
  }

  /** Ends with the look that is under way, or with one of its own where there is none. */
  #join(running: Running | undefined): MaybePromise<void> {
    if (!running) return this.#look();
    // Those who wait for the same go on in one turn.
    if (hasTimers()) return running.done;
    return this.#ended(running).then((ended) => (ended ? undefined : this.#join(this.#running)));
  }

  /** Ends with a look: `false` when it will not, as it was part of a request that has ended. */
  async #ended(running: Running): Promise<boolean> {
    const ended = await joined(running.done);
    if (!ended && this.#running === running) this.#running = undefined;
    return ended;
  }

  /** A look that is under way, for whoever can wait for it. */
  get #awaited(): Running | undefined {
    return this.#engine.isSync ? undefined : this.#running;
  }

  #look(): MaybePromise<void> {
    const startedAt = this.#engine.now();
    const since = this.#position ?? (this.#lasting.length > 0 ? this.#recall() : undefined);
    const done = then(
      then(since, (from) => this.#layer.journal(from)),
      (page) => {
        if (page instanceof TierError) {
          const { coherence } = this.#engine.options;
          // Counted from its end, or every call would wait for a tier that hangs.
          this.#engine.coherentUntil = this.#engine.now() + (coherence === Infinity ? RETRY : coherence);
          this.#isBlind ||= this.#position === undefined;
          return undefined;
        }
        return then(this.#read(page), () => {
          this.#engine.coherentUntil = startedAt + this.#engine.options.coherence;
        });
      },
    );
    if (!isPromise(done)) return undefined;
    const over = done.finally(() => {
      if (this.#running?.done === over) this.#running = undefined;
    });
    this.#running = { startedAt, done: alive(over) };
    this.#engine.hold(over);
    return over;
  }

  #read({ changes, position, sequence }: JournalPage): MaybePromise<void> {
    const isKnown = changes && !this.#isBlind;
    const some = isKnown ? changes : EVERYTHING;
    if (!isKnown || this.#position === undefined) for (const { notes } of this.#below) notes.forget(sequence);
    return then(some.length === 0 ? undefined : this.#engine.store.drop!(some), () => {
      this.#position = position;
      this.#isBlind = false;
      this.sequence = Math.max(this.sequence, sequence);
      if (this.#lasting.length > 0 && position >= this.#noted + NOTE_EVERY) {
        const noted = this.#note();
        if (isPromise(noted)) this.#engine.background(noted, "note of the journal");
      }
    });
  }

  /** Where to begin: the notes of earlier processes. */
  #recall(): MaybePromise<number | undefined> {
    const now = this.#engine.now();
    return then(all(this.#lasting.map((layer) => layer.notes.recall(now))), (notes) => {
      const positions = notes.flatMap((note) => (note === undefined ? [] : [note]));
      return positions.length === 0 ? undefined : Math.min(...positions);
    });
  }

  /** Notes how far the journal was followed. */
  #note(): MaybePromise<unknown> {
    const note: Note = { position: this.#position!, sequence: this.sequence };
    const now = this.#engine.now();
    return then(all(this.#lasting.map((layer) => layer.notes.note(note, now))), (noted) => {
      if (noted.every(Boolean)) this.#noted = note.position;
    });
  }

  /** Before the tiers are closed: follows to the end, and notes it. */
  close(): MaybePromise<unknown> {
    if (this.#lasting.length === 0 || this.#position === undefined) return undefined;
    return then(this.look(), () => this.#note());
  }
}
