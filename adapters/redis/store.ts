/**
 * The tier over Redis: bytes in, bytes out, by whatever link.
 *
 * ## What it keeps, and why nothing that was invalidated comes back
 *
 * Beside the entries, one string each, there are four keys: the ledger (scripts/ledger.ts), the index
 * (scripts/index.ts), the leases and the journal. An entry carries the epoch of its write and the sequence from before
 * its load. It is alive while the ledger has the same epoch and, if it has tags, a record for each of them that names
 * no later invalidation.
 *
 * - Redis evicts an entry: a miss. Its place in the index is found empty later.
 * - Redis evicts the ledger or the index: a new epoch, so everything is a miss, once. Readers and writers touch both
 *   all the time, so that policies by use (`allkeys-lru`, `allkeys-lfu`) keep them; `volatile-*` never evicts them, as
 *   they have no expiry.
 * - The leases are evicted: loads under way are refused and repeated. The journal: caches above drop all they have.
 * - `FLUSHALL`, a restart without its data: as if the ledger was evicted. Loads that began before are refused, since
 *   whoever brings one names what it knows of the old epoch.
 * - A failover to a replica that lags, a restart from an older snapshot: the ledger went back. The first who calls and
 *   knows of a later change begins a new epoch. What nobody who still runs knows of, and what others have already
 *   written over by as many changes as were lost, goes unnoticed: Redis has forgotten writes that it acknowledged.
 *
 * ## Why an index, and not SCAN
 *
 * `SCAN MATCH` goes through all keys of the database, whoever they belong to; in one with ten million keys `clear` of a
 * namespace of ten is ten thousand round trips. A sorted set whose members all have the same score is a list in order:
 * the keys with a prefix are a range of it, a page costs O(log n + page), and pages are consistent while keys come and
 * go. It costs a `ZADD` at each write and about the length of the key and 80 bytes for each entry. It always has at
 * least the entries of the epoch, as both are written in one step; what it has too much is removed on the way.
 *
 * @module
 */
import { CacheClosedError, ConfigError } from "../../src/errors.ts";
import type {
  Capabilities,
  JournalPage,
  MaybePromise,
  ReadOptions,
  ReadResult,
  ScanOptions,
  ScanResult,
  TagInvalidation,
  Tier,
  TierContext,
  TierOptions,
  Touch,
  Write,
  WriteResult,
} from "../../src/tier.ts";
import { Turns } from "../plain/turns.ts";
import { look } from "./journal.ts";
import { isStorable } from "./keys.ts";
import { type RedisLink, textOf } from "./link.ts";
import { Reader } from "./reads.ts";
import { stamps, timeToLive } from "./record.ts";
import { type Answer, Session } from "./session.ts";
import { clear, Pruner, scan, size } from "./walk.ts";
import { checkWrites, type WriteLimits, Writer } from "./writes.ts";

/** What a {@linkcode redisStore} is made of. */
export interface RedisStoreOptions {
  readonly name: string;
  /** First part of the names of all keys. */
  readonly prefix: string;
  readonly options: TierOptions;
  readonly link: RedisLink;
  /** Longest key in bytes. Default {@linkcode MAX_KEY_BYTES}. */
  readonly maxKeyBytes?: number;
  /** Largest payload in bytes. Default what Redis can hold. */
  readonly maxValueBytes?: number;
  /** Most keys in one call. Default {@linkcode MAX_BATCH}. */
  readonly maxBatch?: number;
  /** Most tags that are remembered. Default {@linkcode MOST_TAGS}. */
  readonly mostTags?: number;
  /**
   * Most bytes of payloads in one call, one payload aside; larger batches are several calls. Default {@linkcode
   * MAX_CALL_BYTES}.
   */
  readonly maxCallBytes?: number;
}

/** Redis takes keys of 512 MB; each is kept in the index and in the journal too. */
export const MAX_KEY_BYTES = 1_024;

/** Redis does nothing else while it runs a call. A thousand small keys take it about 2 ms. */
export const MAX_BATCH = 1_000;

/** A string of Redis has at most 512 MB, with the head of the record, and a third more as base64. */
const MAX_VALUE_BYTES = 500_000_000;

/** About 100 MB of Redis, all in the ledger. With more, records in use are dropped, and their entries are misses. */
export const MOST_TAGS = 1_000_000;

/** Redis closes connections that send it a gigabyte at once, and does nothing else while it takes a call. */
const MAX_CALL_BYTES = 16_000_000;

/** An operation that takes longer than the guard waits for, but not longer than this, is still waited for: 10 s. */
const PATIENCE = 10_000;

/** Makes the tier; wrap it by `bytes()`. */
export function redisStore(options: RedisStoreOptions): Tier<Uint8Array> {
  return new RedisStore(options);
}

interface Open {
  readonly session: Session;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly pruner: Pruner;
  /** Keeps changes in the order of their calls, where the link does not. */
  readonly turns: Turns | undefined;
}

class RedisStore implements Tier<Uint8Array> {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly options: TierOptions;
  readonly #prefix: string;
  readonly #link: RedisLink;
  readonly #limits: WriteLimits;
  #current: Open | undefined;

  constructor(settings: RedisStoreOptions) {
    const { link, maxKeyBytes = MAX_KEY_BYTES, maxBatch = MAX_BATCH } = settings;
    const { mostTags = MOST_TAGS, maxCallBytes = MAX_CALL_BYTES } = settings;
    const { maxValueBytes = link.isText ? (MAX_VALUE_BYTES * 3) / 4 : MAX_VALUE_BYTES } = settings;
    this.name = settings.name;
    this.options = settings.options;
    this.#prefix = settings.prefix;
    this.#link = link;
    this.#limits = { mostTags, maxCallBytes };
    const can = { keys: true, tags: true, journal: true, leases: true, durable: true, shared: true, copies: true };
    this.capabilities = Object.freeze({ ...can, maxKeyBytes, maxValueBytes, maxBatch });
  }

  get client(): unknown {
    return this.#link.client;
  }

  open(context: TierContext): void {
    if (this.#current !== undefined) {
      throw new ConfigError(
        "tiers",
        `Cannot use tier ${this.name} as it must be in one cache only: received one that is open`,
      );
    }
    this.#link.check?.();
    const session = new Session(context, this.#prefix, this.#link);
    this.#current = {
      session,
      reader: new Reader(session),
      writer: new Writer(session, this.#limits),
      pruner: new Pruner(session, this.#limits.mostTags),
      turns: this.#link.isOrdered ? undefined : new Turns(() => context.clock.now(), PATIENCE),
    };
  }

  close(): MaybePromise<void> {
    if (this.#current === undefined) return undefined;
    this.#current.session.isClosed = true;
    this.#current = undefined;
    return this.#link.close();
  }

  getMany(keys: readonly string[], options: ReadOptions): MaybePromise<ReadResult<Uint8Array>> {
    const { reader } = this.#open();
    if (keys.length === 0 && !options.sequence) return options.lease ? { entries: [], leases: [] } : { entries: [] };
    return reader.read(keys, options);
  }

  setMany(writes: readonly Write<Uint8Array>[], now: number): Promise<WriteResult> {
    const { session, writer, pruner, turns } = this.#open();
    checkWrites(this, writes);
    const write = (): Promise<WriteResult> => writer.write(writes, now);
    const written = turns === undefined ? write() : inTurn(turns, keysOf(writes), write, tagsOf(writes));
    if (!session.link.isCluster) return written;
    return written.then((answer) => {
      pruner.tend(writes.length, now);
      return answer;
    });
  }

  async deleteMany(keys: readonly string[], now: number): Promise<readonly boolean[]> {
    return this.#each("delete", keys, now, () => []);
  }

  async touchMany(touches: readonly Touch[], now: number): Promise<readonly boolean[]> {
    const keys = keysOf(touches);
    return this.#each("touch", keys, now, (index) => {
      const { freshUntil, staleUntil } = touches[index]!;
      return [stamps(freshUntil, staleUntil), stamps(0, staleUntil), timeToLive(staleUntil, now)];
    });
  }

  /** An operation that answers for each key whether a live entry was there. */
  async #each(
    operation: string,
    keys: readonly string[],
    now: number,
    argumentsOf: (index: number) => readonly string[],
  ): Promise<readonly boolean[]> {
    const { session, turns } = this.#open();
    const places = keys.flatMap((key, index) => (isStorable(key) ? [index] : []));
    if (places.length === 0) return keys.map(() => false);
    const some = places.map((index) => keys[index]!);
    const { parts } = await inTurn(turns, some, () => session.ask(operation, now, some, places.flatMap(argumentsOf)));
    const existed = keys.map(() => false);
    for (const [place, mark] of [...textOf(parts[0])].entries()) existed[places[place]!] = mark === "1";
    return existed;
  }

  async clear(prefix: string, now: number, progress?: () => void): Promise<void> {
    const { session, turns } = this.#open();
    const run = (): Promise<void> => clear(session, prefix, now, progress);
    await (turns?.changeAll(run) ?? run());
  }

  async prune(limit: number, now: number): Promise<readonly string[]> {
    return this.#open().pruner.prune(limit, now);
  }

  async scan(options: ScanOptions): Promise<ScanResult> {
    return scan(this.#open().session, options);
  }

  async size(prefix: string, now: number): Promise<number> {
    return size(this.#open().session, prefix, now);
  }

  async invalidate({ tags, match, mode, now, after }: TagInvalidation): Promise<number> {
    const storable = tags.filter(isStorable);
    // No entry has a tag that cannot be stored, nor all of some with one.
    const isHopeless = match !== "any" && storable.length < tags.length;
    const names = isHopeless ? [] : [...new Set(storable)].sort();
    const args = [String(after), match, mode, String(this.#limits.mostTags), ...names];
    const { session, turns } = this.#open();
    const run = (): Promise<Answer> => session.ask("invalidate", now, [], args);
    return (await (turns?.invalidate(storable, run) ?? run())).sequence;
  }

  async journal(since?: number): Promise<JournalPage> {
    return look(this.#open().session, since);
  }

  async release(leases: readonly { key: string; lease?: number }[]): Promise<void> {
    const storable = leases.filter(({ key }) => isStorable(key));
    const tokens = storable.map(({ lease }) => (lease === undefined ? "" : String(lease)));
    const keys = keysOf(storable);
    if (keys.length === 0) return;
    const { session, turns } = this.#open();
    await inTurn(turns, keys, () => session.tell("release", keys, tokens));
  }

  #open(): Open {
    if (this.#current !== undefined) return this.#current;
    throw new CacheClosedError(
      `Cannot use tier ${this.name} as it must be open: received a call before open or after close`,
    );
  }
}

function inTurn<T>(
  turns: Turns | undefined,
  keys: readonly string[],
  run: () => Promise<T>,
  tags: readonly string[] = [],
): Promise<T> {
  return turns?.change([...new Set(keys)], run, tags) ?? run();
}

function keysOf(items: readonly { readonly key: string }[]): string[] {
  return items.map(({ key }) => key);
}

function tagsOf(writes: readonly Write[]): string[] {
  return [...new Set(writes.flatMap(({ entry }) => entry.tags))];
}
