/**
 * Keeping requests and replies within the size that Upstash takes.
 *
 * A batch that would be larger goes in several requests, side by side. Each of them is one atomic step, all together are not: of a
 * batch that fails, parts may be there, and the cache takes all of its keys for missed. What does not fit alone is
 * refused before it is sent.
 *
 * @module
 */
import { TierLimitError } from "../../src/errors.ts";
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
import { textLength } from "../plain/text.ts";
import { namesOf } from "../redis/keys.ts";
import { redisStore } from "../redis/store.ts";
import { paged } from "./pages.ts";
import { evaluate, PACKED_SCRIPT, type Send } from "./script.ts";

/** Bytes of a request beside the script, names, keys and entries: digest, counts, clock, epoch. */
const FRAME = 1_000;

/** Most bytes of the numbers, times and checksums that go with an entry. */
const NUMBERS = 400;

/** Most bytes of what goes with each tag. */
const PER_TAG = 16;

/** Bytes for the key, the tags and the metadata of the largest value. */
const AROUND_VALUE = 16_384;

/** How many names of the cache's own come with each request, and its prefix in each of them. */
const OWN_NAMES = 5;

/** The largest value, in bytes, that goes into a request of so many. It grows by a third on the way. */
function valueLimit(maxRequestBytes: number): number {
  return Math.floor(((roomOf(maxRequestBytes) - AROUND_VALUE) * 3) / 4);
}

/** What is left of a request that has the whole script in it. */
function roomOf(maxRequestBytes: number): number {
  return maxRequestBytes - jsonLength(PACKED_SCRIPT) - FRAME;
}

/** Most bytes of what is read in one reply, which has some for each key beside. */
function replyLimit(maxRequestBytes: number): number {
  return maxRequestBytes - AROUND_VALUE * 2;
}

/** Bytes of a text in a JSON array. */
export function jsonLength(text: string): number {
  // Quotes and a comma.
  if (/^[ !#-[\]-~]*$/.test(text)) return text.length + 3;
  return new TextEncoder().encode(JSON.stringify(text)).length + 1;
}

/** About the bytes of a write in a JSON array, never fewer. */
function writeLength({ key, entry }: Write<Uint8Array>): number {
  const { value, tags, codec, version, profile } = entry;
  let length = jsonLength(key) + NUMBERS + textLength(value.length);
  for (const tag of tags) length += jsonLength(tag) + PER_TAG;
  // JSON in JSON.
  return length + jsonLength(JSON.stringify([codec, version, profile]));
}

/** What a {@linkcode boundedStore} is made of. */
export interface BoundedStoreOptions {
  readonly name: string;
  /** First part of the names of all keys. */
  readonly prefix: string;
  readonly options: TierOptions;
  /** The caller's client, if there is one. */
  readonly client: unknown;
  readonly send: Send;
  /** Largest request and reply in bytes. */
  readonly maxRequestBytes: number;
}

/** Makes the tier over Redis, whose requests and replies are bounded; wrap it by `bytes()`. */
export function boundedStore(options: BoundedStoreOptions): Tier<Uint8Array> {
  return new BoundedStore(options);
}

class BoundedStore implements Tier<Uint8Array> {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly options: TierOptions;
  readonly client: unknown;
  readonly #store: Required<Tier<Uint8Array>>;
  readonly #prefix: string;
  readonly #maxRequestBytes: number;
  #context: TierContext | undefined;
  /** Before the key of every entry. */
  #base = "";
  /** Bytes of that. */
  #baseLength = 0;
  #room = 0;

  constructor({ name, prefix, options, client, send, maxRequestBytes }: BoundedStoreOptions) {
    const run = paged(
      (keys, args) => evaluate(send, keys, args),
      replyLimit(maxRequestBytes),
      (keys) => this.#tooLarge(keys),
    );
    const link = { isText: true, isCluster: false, isOrdered: false, client, run, close() {} };
    const store = redisStore({ name, prefix, options, link, maxValueBytes: valueLimit(maxRequestBytes) });
    this.name = name;
    this.capabilities = store.capabilities;
    this.options = options;
    this.client = client;
    this.#store = store as Required<Tier<Uint8Array>>;
    this.#prefix = prefix;
    this.#maxRequestBytes = maxRequestBytes;
  }

  open(context: TierContext): MaybePromise<void> {
    const opened = this.#store.open(context);
    this.#context = context;
    this.#base = namesOf(this.#prefix, context.cacheName).base;
    this.#baseLength = jsonLength(this.#base);
    this.#room = roomOf(this.#maxRequestBytes) - OWN_NAMES * this.#baseLength;
    return opened;
  }

  close(): MaybePromise<void> {
    return this.#store.close();
  }

  async getMany(keys: readonly string[], options: ReadOptions): Promise<ReadResult<Uint8Array>> {
    const results = await this.#each(keys, this.#key, (some) => this.#store.getMany(some, options));
    if (results.length === 1) return results[0]!;
    const entries = results.flatMap((result) => result.entries);
    const leases = results[0]!.leases && results.flatMap((result) => result.leases!);
    // What is loaded now is to be newer than all of it.
    const sequence = options.sequence ? Math.min(...results.map((result) => result.sequence!)) : undefined;
    return { entries, sequence, leases };
  }

  async setMany(writes: readonly Write<Uint8Array>[], now: number): Promise<WriteResult> {
    const cost = (write: Write<Uint8Array>): number => {
      const bytes = this.#baseLength + writeLength(write);
      if (bytes <= this.#room) return bytes;
      const [most, received] = [this.#maxRequestBytes, bytes + this.#maxRequestBytes - this.#room];
      throw new TierLimitError(
        `Cannot store entry in ${this.name} as its request must be at most ${most} bytes: received ${received}`,
      );
    };
    const results = await this.#each(writes, cost, (some) => this.#store.setMany(some, now));
    if (results.length === 1) return results[0]!;
    const sequence = Math.min(...results.map((result) => result.sequence));
    return { sequence, refused: results.flatMap(({ refused = [] }) => refused) };
  }

  async deleteMany(keys: readonly string[], now: number): Promise<readonly boolean[]> {
    return (await this.#each(keys, this.#key, (some) => this.#store.deleteMany(some, now))).flat();
  }

  async touchMany(touches: readonly Touch[], now: number): Promise<readonly boolean[]> {
    const cost = ({ key }: Touch): number => this.#key(key) + NUMBERS;
    return (await this.#each(touches, cost, (some) => this.#store.touchMany(some, now))).flat();
  }

  clear(prefix: string, now: number, progress?: () => void): MaybePromise<void> {
    return this.#store.clear(prefix, now, progress);
  }

  prune(limit: number, now: number): MaybePromise<readonly string[]> {
    return this.#store.prune(Math.min(limit, this.#page), now);
  }

  scan(options: ScanOptions): MaybePromise<ScanResult> {
    return this.#store.scan({ ...options, limit: Math.min(options.limit, this.#page) });
  }

  size(prefix: string, now: number): MaybePromise<number> {
    return this.#store.size(prefix, now);
  }

  async invalidate(invalidation: TagInvalidation): Promise<number> {
    const { tags, match } = invalidation;
    const total = tags.reduce((sum, tag) => sum + jsonLength(tag), 0);
    // No entry has so many tags, as it could not have been stored.
    if (match !== "any" && total > this.#room) return this.#store.invalidate({ ...invalidation, tags: [] });
    const sequences = await this.#each(tags, jsonLength, (some) =>
      this.#store.invalidate({ ...invalidation, tags: some }),
    );
    return Math.max(...sequences);
  }

  journal(since?: number): MaybePromise<JournalPage> {
    return this.#store.journal(since);
  }

  async release(leases: readonly { key: string; lease?: number }[]): Promise<void> {
    await this.#each(
      leases,
      ({ key }) => this.#key(key) + NUMBERS,
      (some) => this.#store.release(some),
    );
  }

  /** How many of the longest keys fit into a reply, where a byte may become two. */
  get #page(): number {
    return Math.max(1, Math.floor(replyLimit(this.#maxRequestBytes) / (2 * this.capabilities.maxKeyBytes! + 16)));
  }

  readonly #key = (key: string): number => this.#baseLength + jsonLength(key);

  #tooLarge(keys: readonly string[]): void {
    const most = replyLimit(this.#maxRequestBytes);
    const error = new TierLimitError(`Cannot read entry as its record must be at most ${most} bytes: received more`);
    for (const key of keys) this.#context?.report("fault", error, key.slice(this.#base.length));
  }

  /** Does it to all of them in parts that fit. */
  #each<T, A>(
    items: readonly T[],
    cost: (item: T) => number,
    call: (some: readonly T[]) => MaybePromise<A>,
  ): Promise<A[]> {
    const parts: (readonly T[])[] = [];
    let start = 0;
    let left = this.#room;
    for (const [index, item] of items.entries()) {
      const bytes = cost(item);
      left -= bytes;
      if (left >= 0 || index === start) continue;
      parts.push(items.slice(start, index));
      start = index;
      left = this.#room - bytes;
    }
    parts.push(start === 0 ? items : items.slice(start));
    return Promise.all(parts.map(call));
  }
}
