/**
 * The access log and the eviction log of a cache.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { checkOptions, invalid } from "../errors.ts";
import { isPlain, type Key } from "../key.ts";
import type { AnyScopes } from "../scope/types.ts";
import { verbsOf } from "../verbs/inside.ts";
import type { Verbs } from "../verbs/verbs.ts";
import { accessesOf } from "./accesses.ts";
import type { Access, Eviction, LogName } from "./log.ts";
import { bookOf, type LogBook } from "./log-book.ts";
import { watch } from "./watch.ts";

/** Options of a log. */
export interface LogOptions {
  /** Most rows that are kept; beyond it the oldest go. In SQLite: of all caches in the file. Default 10,000. */
  limit?: number | undefined;
}

/** Which rows, and how many. */
export interface LogListOptions {
  /** At most so many. Default 100. */
  limit?: number | undefined;
  /** Of accesses: the latest first (`"last"`), or what was read most often (`"count"`). Default `"last"`. */
  order?: "last" | "count" | undefined;
}

/** A log of a cache; one of a namespace or scope shows what is in there. Everything that waits is written before it is read. */
export interface Log<Row> {
  list(options?: LogListOptions): Promise<Row[]>;
  /** What is known of one key: the row, or the latest. */
  get(key: Key): Promise<Row | undefined>;
  /** Forgets one key; whether there was a row of it. */
  delete(key: Key): Promise<boolean>;
  /** Forgets all. */
  clear(): Promise<void>;
  /** Writes what waits. */
  flush(): Promise<void>;
  /** Writes what waits and ends the log. */
  stop(): Promise<void>;
}

/** How often each key was read, and when last. */
export type AccessLog = Log<Access<Key>>;

/** What left, when and why. */
export type EvictionLog = Log<Eviction<Key>>;

/**
 * Logs which keys are read. It is kept in the table `access_log` of the lowest SQLite tier, else in memory.
 *
 * Reads are gathered for up to a second, and written a second later at the latest, a thousand keys in one step, and at `close()`.
 * What `kill -9` may take is the reads of the last two seconds, and on runtimes without timers those of up to 16,384 keys.
 *
 * @throws {ConfigError} for a wrong option
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { accessLog } from "tiercel/observe";
 *
 * const cache = createCache();
 * const log = accessLog(cache);
 * await cache.set("k", 1);
 * await cache.get("k");
 * const [latest] = await log.list(); // { key: "k", count: 1, lastAt: …, profile: undefined }
 * ```
 */
export function accessLog(cache: Cache<AnyScopes>, options: LogOptions = {}): AccessLog {
  const verbs = verbsOf(cache);
  const book = bookFor(verbs, "accesses", options);
  const accesses = accessesOf(verbs);
  const stop = shared(verbs, "accesses", () => {
    const uncount = accesses.count((tally) => {
      for (const [text, { count }] of tally) book.read(text, count);
    });
    book.drain = () => accesses.drain();
    return () => {
      uncount();
      book.drain = undefined;
    };
  });
  return new CacheLog<Access<Key>>(verbs, book, "accesses", stop);
}

/**
 * Logs what leaves and why: `capacity`, `ttl`, `memory-pressure`, `corrupt`, and what was asked for: `delete`, `manual` (`evict`),
 * `pattern`, `profile`, and `tag`, `scope`, `clear`, which are one row where no look at each entry is needed, whose key says what was
 * invalidated; `shutdown` is one row when the cache is closed. It is kept in the table `eviction_log` of the lowest SQLite tier,
 * else in memory; written after a second at the latest, a thousand in one step, and at `close()`.
 *
 * @throws {ConfigError} for a wrong option
 */
export function evictionLog(cache: Cache<AnyScopes>, options: LogOptions = {}): EvictionLog {
  const verbs = verbsOf(cache);
  const book = bookFor(verbs, "evictions", options);
  const stop = shared(verbs, "evictions", () => {
    const stops = [
      watch(verbs, {
        gone: (text, reason) => book.left(text, reason),
        ending: () => book.left("", "shutdown"),
      }),
      // With a count, each of them was told by itself.
      cache.on("invalidate", ({ by, what, count }) => {
        if (count !== undefined) return;
        // The prefix of a scope stands for all that is in there; a tag or a name that looks like one does not.
        book.left(by === "scope" || isPlain(what) ? what : `\\${what}`, by === "tags" ? "tag" : by);
      }),
    ];
    return () => {
      for (const one of stops) one();
    };
  });
  return new CacheLog<Eviction<Key>>(verbs, book, "evictions", stop);
}

/** @throws {ConfigError} for a wrong option */
function bookFor({ engine }: Verbs, log: LogName, options: LogOptions): LogBook {
  checkOptions(options);
  const { limit } = options;
  const book = bookOf(engine);
  if (limit !== undefined) {
    if (!(Number.isSafeInteger(limit) && limit > 0)) throw invalid("limit", "a positive integer", limit);
    book.bounds[log] = limit;
  }
  return book;
}

/** Who writes each log, and how many hold it: what is attached twice is written once. */
const writers = /* @__PURE__ */ new WeakMap<LogBook, Map<LogName, { holders: number; stop: () => void }>>();

function shared(verbs: Verbs, log: LogName, start: () => () => void): () => void {
  const book = bookOf(verbs.engine);
  const all = writers.get(book) ?? new Map<LogName, { holders: number; stop: () => void }>();
  writers.set(book, all);
  const writer = all.get(log) ?? { holders: 0, stop: begin(verbs, book, start) };
  all.set(log, writer);
  writer.holders++;
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    if (--writer.holders > 0) return;
    all.delete(log);
    writer.stop();
  };
}

/** Begins a log, whose last lines are written when the cache is closed, in the turn after all have said what they have to say. */
function begin(verbs: Verbs, book: LogBook, start: () => () => void): () => void {
  const stop = start();
  const unwatch = watch(verbs, { ending: () => Promise.resolve().then(() => book.flush()) });
  return () => {
    stop();
    unwatch();
  };
}

class CacheLog<Row extends Access<Key> | Eviction<Key>> implements Log<Row> {
  readonly #verbs: Verbs;
  readonly #book: LogBook;
  readonly #name: LogName;
  readonly #stop: () => void;

  constructor(verbs: Verbs, book: LogBook, name: LogName, stop: () => void) {
    this.#verbs = verbs;
    this.#book = book;
    this.#name = name;
    this.#stop = stop;
  }

  get #prefix(): string {
    return this.#book.prefix + this.#verbs.space.prefix;
  }

  flush(): Promise<void> {
    return this.#book.flush();
  }

  async #rows(query: LogListOptions & { key?: string }): Promise<Row[]> {
    await this.flush();
    const { limit = 100 } = query;
    const rows = await this.#book.store[this.#name]({ ...query, limit, prefix: this.#prefix });
    const { space } = this.#verbs;
    return rows.map((row) => ({ ...row, key: keyOf(row.key.slice(this.#book.prefix.length), space) })) as Row[];
  }

  list(options: LogListOptions = {}): Promise<Row[]> {
    const { limit = 100 } = options;
    if (!(limit >= 0)) throw invalid("limit", "0 or more", limit);
    return this.#rows(options);
  }

  async get(key: Key): Promise<Row | undefined> {
    return (await this.#rows({ key: this.#text(key), limit: 1 }))[0];
  }

  async delete(key: Key): Promise<boolean> {
    await this.flush();
    return (await this.#book.store.forget(this.#name, this.#prefix, this.#text(key))) > 0;
  }

  async clear(): Promise<void> {
    await this.flush();
    await this.#book.store.forget(this.#name, this.#prefix);
  }

  #text(key: Key): string {
    return this.#book.prefix + this.#verbs.space.encode(key);
  }

  async stop(): Promise<void> {
    this.#stop();
    await this.flush();
  }
}

/** What no cache has written is a text all the same. */
function keyOf(text: string, space: Verbs["space"]): Key {
  try {
    return space.decode(text);
  } catch {
    return text;
  }
}

export type { Access, Eviction } from "./log.ts";
