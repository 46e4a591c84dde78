/**
 * What all views of a cache share: the streams that are being written, and those that are being read.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Filling } from "./filling.ts";

/** Most streams that are kept for their readers though they are gone. */
const MOST_RETIRED = 1_000;

/** How often chunks without a stream are looked for, in milliseconds: every hour. */
const SWEEP = 3_600_000;
/** Most views that are swept. */
const MOST_SWEPT = 1_000;

/** What waits for a stream to be begun. */
interface Turn {
  readonly begun: Promise<Filling>;
  readonly begin: (filling: Filling) => void;
  waiting: number;
}

/** Chunks that somebody reads, or is to delete. */
interface Hold {
  readers: number;
  retire?: () => void;
}

/** The streams of one cache that are at work in this process. */
export class Room {
  /** By the text of the key. */
  readonly fillings: Map<string, Filling> = new Map();
  readonly #turns = new Map<string, Turn>();
  readonly #holds = new Map<string, Hold>();
  #retired = 0;
  readonly #sweeps = new Map<string, () => Promise<unknown>>();
  #timer: unknown;

  static of(engine: Engine): Room {
    let room = rooms.get(engine);
    if (!room) rooms.set(engine, (room = new Room()));
    return room;
  }

  /** To be called when a stream is being written, which others may read along. */
  begin(text: string, filling: Filling): void {
    this.fillings.set(text, filling);
    this.#turns.get(text)?.begin(filling);
    this.#turns.delete(text);
  }

  /** To be called when it is there or has failed. */
  end(text: string, filling: Filling): void {
    if (this.fillings.get(text) === filling) this.fillings.delete(text);
  }

  /** The next stream that is begun under a key, or what `landing` ends with before that. */
  async next<T>(text: string, landing: Promise<T>): Promise<Filling | { readonly landed: T }> {
    let turn = this.#turns.get(text);
    if (!turn) {
      let begin!: Turn["begin"];
      const begun = new Promise<Filling>((resolve) => {
        begin = resolve;
      });
      this.#turns.set(text, (turn = { begun, begin, waiting: 0 }));
    }
    turn.waiting++;
    try {
      return await Promise.race([turn.begun, landing.then((landed) => ({ landed }))]);
    } finally {
      if (--turn.waiting === 0 && this.#turns.get(text) === turn) this.#turns.delete(text);
    }
  }

  /** Has something done every hour, on a timer that keeps no process alive, where the cache sweeps at all. */
  sweep(engine: Engine, prefix: string, step: () => Promise<unknown>): void {
    if (this.#sweeps.size < MOST_SWEPT) this.#sweeps.set(prefix, step);
    const { clock, sweepInterval } = engine.options;
    if (this.#timer || engine.closing || sweepInterval === 0 || sweepInterval === Infinity) return;
    const run = async (): Promise<void> => {
      for (const sweep of this.#sweeps.values()) if (!engine.closing) await sweep();
      this.#timer = undefined;
      if (!engine.closing) this.sweep(engine, prefix, step);
    };
    this.#timer = clock.setTimer(() => engine.background(run(), "sweep"), SWEEP, true);
  }

  /** Whether chunks are being read or written. */
  isHeld(name: string): boolean {
    return this.#holds.has(name) || [...this.fillings.values()].some((filling) => filling.name === name);
  }

  /** Chunks are being read; answers with what ends that. */
  hold(name: string): () => void {
    const hold = this.#holds.get(name) ?? { readers: 0 };
    this.#holds.set(name, hold);
    hold.readers++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--hold.readers > 0 || this.#holds.get(name) !== hold) return;
      this.#holds.delete(name);
      if (!hold.retire) return;
      this.#retired--;
      hold.retire();
    };
  }

  /** Chunks are not wanted any more: they are dropped when nobody in this process reads them. */
  retire(name: string, drop: () => void): void {
    const hold = this.#holds.get(name);
    if (!hold || this.#retired >= MOST_RETIRED) drop();
    else if (!hold.retire) {
      hold.retire = drop;
      this.#retired++;
    }
  }
}

const rooms = /* @__PURE__ */ new WeakMap<Engine, Room>();
