/**
 * The book of a cache: what waits to be written into its logs.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { sharedPrefix } from "../resolved.ts";
import { later } from "./later.ts";
import { type Access, type Eviction, type LogBounds, type LogName, type LogStore, memoryLog } from "./log.ts";

/** So many keys or evictions are written together. */
const BATCH = 1_000;

/** Most keys, and most evictions, that wait while a store does not answer; beyond it some are lost. */
const MOST = 32_768;

/** How long they wait at most, in milliseconds, where the runtime has timers. */
const DELAY = 1_000;

/** Collects accesses and evictions, and writes them in batches. Both logs of a cache share one. */
export class LogBook {
  readonly engine: Engine;
  readonly store: LogStore;
  /** Before the keys of the cache. */
  readonly prefix: string;
  readonly bounds: { -readonly [log in LogName]: LogBounds[log] } = { accesses: 10_000, evictions: 10_000 };
  /** Counts the reads that were not counted yet; where there is an access log. */
  drain: (() => void) | undefined;
  /** How many were lost since a store did not take them. */
  lost = 0;
  #accesses = new Map<string, Access>();
  #evictions: Omit<Eviction, "accesses">[] = [];
  #writing: Promise<void> | undefined;
  #timer: unknown;

  constructor(engine: Engine, store: LogStore = storeOf(engine)) {
    this.engine = engine;
    this.store = store;
    this.prefix = sharedPrefix(engine.options);
  }

  read(text: string, count: number): void {
    const key = this.prefix + text;
    const known = this.#accesses.get(key);
    const { profile } = this.engine.options;
    if (this.#accesses.size >= MOST && !known) this.lost += count;
    else this.#accesses.set(key, { key, count: count + (known?.count ?? 0), lastAt: this.engine.now(), profile });
    this.#wake(this.#accesses.size);
  }

  left(text: string, reason: Eviction["reason"]): void {
    const { profile } = this.engine.options;
    this.#evictions.push({ key: this.prefix + text, at: this.engine.now(), reason, profile });
    if (this.#evictions.length > MOST) {
      this.#evictions.shift();
      this.lost++;
    }
    this.#wake(this.#evictions.length);
  }

  #wake(waiting: number): void {
    if (waiting >= BATCH && !this.#writing) this.engine.background(this.flush(), "log");
    else if (this.#timer === undefined) {
      const flush = () => this.engine.background(this.flush(), "log");
      this.#timer = later(this.engine, flush, DELAY);
    }
  }

  /** Writes what waits, after what is being written. */
  async flush(): Promise<void> {
    this.drain?.();
    while (this.#writing) await this.#writing.catch(() => {});
    if (this.#timer) this.engine.options.clock.clearTimer(this.#timer);
    this.#timer = undefined;
    if (this.#accesses.size + this.#evictions.length === 0) return;
    const accesses = [...this.#accesses.values()];
    const evictions = this.#evictions;
    this.#accesses = new Map();
    this.#evictions = [];
    this.#writing = this.#write(accesses, evictions);
    try {
      await this.#writing;
    } catch (error) {
      // They are no reason to fill the memory while a disk is full.
      this.lost += accesses.length + evictions.length;
      throw error;
    } finally {
      this.#writing = undefined;
    }
  }

  /** In steps that hold up no other work for long; an access before the evictions that tell how many there were. */
  async #write(accesses: readonly Access[], evictions: readonly Omit<Eviction, "accesses">[]): Promise<void> {
    for (let at = 0; at < accesses.length; at += BATCH)
      await this.store.add(accesses.slice(at, at + BATCH), [], this.bounds);
    for (let at = 0; at < evictions.length; at += BATCH)
      await this.store.add([], evictions.slice(at, at + BATCH), this.bounds);
  }
}

const books = /* @__PURE__ */ new WeakMap<Engine, LogBook>();

/** The book of a cache, which its logs share. */
export function bookOf(engine: Engine): LogBook {
  let book = books.get(engine);
  if (!book) {
    book = new LogBook(engine);
    books.set(engine, book);
  }
  return book;
}

/** Where a cache can keep logs. */
function storeOf({ store }: Engine): LogStore {
  return store.tiers.findLast((tier) => tier.logs)?.logs ?? memoryLog();
}
