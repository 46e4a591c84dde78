/**
 * A KV namespace as a plain store. Each key is one operation of KV: of these a Worker has 1,000 in an invocation (50 on the
 * free plan), and six under way at a time.
 *
 * @module
 */
import type { Clock } from "../../src/clock.ts";
import { systemClock } from "../../src/clock.ts";
import { CorruptError, TierError } from "../../src/errors.ts";
import type { TierContext } from "../../src/tier.ts";
import type { Found, PlainDriver, PlainListing, PlainRecord } from "../plain/driver.ts";
import { envelopeUntil } from "../plain/ending.ts";
import { failureOf } from "../plain/failure.ts";
import { eachOf } from "../plain/parallel.ts";
import { type KvNamespace, metadataOf } from "./namespace.ts";
import { Recent } from "./recent.ts";

/** KV refuses a second write to a key within a second; then it is tried once more, after so many milliseconds. */
const SECOND_TRY = 1_050;
/** Longest `expirationTtl` in seconds; what ends later is left to be removed by hand. */
const LONGEST = 0x7fff_ffff;
/** Shortest that KV takes. */
const SHORTEST = 60;
/** Most keys that a listing may be asked for. */
const MOST_LISTED = 1_000;

/** What a {@linkcode kvDriver} is made of. */
export interface KvDriverOptions {
  readonly tier: string;
  readonly namespace: KvNamespace;
  /** In seconds. */
  readonly cacheTtl: number | undefined;
  /** How long KV may answer with what was before, in milliseconds. */
  readonly lag: number;
}

/** Makes the store. */
export function kvDriver(options: KvDriverOptions): PlainDriver {
  return new KvDriver(options);
}

class KvDriver implements PlainDriver {
  readonly atomic = true;
  readonly #options: KvDriverOptions;
  readonly #reading: { readonly cacheTtl?: number };
  readonly #recent: Recent;
  #clock: Clock = systemClock;

  constructor(options: KvDriverOptions) {
    this.#options = options;
    this.#reading = options.cacheTtl === undefined ? {} : { cacheTtl: options.cacheTtl };
    this.#recent = new Recent(() => this.#clock.now(), options.lag);
  }

  open({ clock }: TierContext): void {
    this.#clock = clock;
  }

  readMany(keys: readonly string[]): Promise<Found[]> {
    return eachOf(keys, async (key): Promise<Found> => {
      const { value, metadata } = await this.#call("get", (namespace) =>
        namespace.getWithMetadata(nameOf(key), { type: "arrayBuffer", ...this.#reading }),
      );
      return value === null || this.#recent.isOld(key, metadataOf(metadata).at) ? undefined : new Uint8Array(value);
    });
  }

  async writeMany(records: readonly PlainRecord[], now: number): Promise<void> {
    await eachOf(records, async ({ key, bytes, staleUntil }) => {
      const seconds = Math.max(SHORTEST, Math.ceil((staleUntil - now) / 1_000));
      const at = this.#recent.write(key, staleUntil);
      const metadata = staleUntil === Infinity ? { at } : { end: staleUntil, at };
      const options = seconds <= LONGEST ? { expirationTtl: seconds, metadata } : { metadata };
      await this.#change("put", (namespace) => namespace.put(nameOf(key), bytes, options));
    });
  }

  /** Whether an entry was there is told by what stands beside its value, which is not read. */
  takeMany(keys: readonly string[]): Promise<Found[]> {
    return eachOf(keys, async (key): Promise<Found> => {
      const { value, metadata } = await this.#call("get", (namespace) =>
        namespace.getWithMetadata(nameOf(key), { type: "stream", ...this.#reading }),
      );
      const { end = Infinity, at } = metadataOf(metadata);
      const isThere = value !== null && !this.#recent.isOld(key, at);
      // Not waited for: what becomes of the rest is nobody's business.
      value?.cancel().catch(() => {});
      this.#recent.delete(key);
      await this.#change("delete", (namespace) => namespace.delete(nameOf(key)));
      if (!isThere) return undefined;
      return at === undefined ? new CorruptError("Cannot tell of a value that was not Tiercel's") : envelopeUntil(end);
    });
  }

  /**
   * What was written here a moment ago may not be listed yet, so it is added in its place: names come in the order of their
   * UTF-8. The cursor holds the last name of the page before.
   */
  async list(prefix: string, cursor: string | undefined, limit: number): Promise<PlainListing> {
    const [before, next] = (cursor === undefined ? [] : JSON.parse(cursor)) as [before?: string, next?: string];
    const page = await this.#call("list", (namespace) =>
      namespace.list({ prefix, limit: Math.min(limit, MOST_LISTED), ...(next !== undefined && { cursor: next }) }),
    );
    const isLast = page.list_complete || page.cursor === undefined;
    const last = page.keys.at(-1)?.name ?? before ?? "";
    const missing = new Map(this.#recent.written(prefix));
    for (const key of missing.keys()) {
      const name = nameOf(key);
      const isHere = (before === undefined || isBehind(name, before)) && (isLast || !isBehind(name, last));
      if (!isHere) missing.delete(key);
    }
    const records = page.keys.flatMap(({ name, metadata }) => {
      const { end = Infinity, at } = metadataOf(metadata);
      const key = keyOf(name);
      // Of what was written here meanwhile the end is known better.
      if (at === undefined || missing.has(key) || this.#recent.isOld(key, at)) return [];
      return [{ key, staleUntil: end }];
    });
    for (const [key, staleUntil] of missing) records.push({ key, staleUntil });
    return isLast ? { records } : { records, cursor: JSON.stringify([last, page.cursor]) };
  }

  async clear(prefix: string): Promise<void> {
    const written = [...this.#recent.written(prefix)].map(([key]) => nameOf(key));
    // From now on what KV still has is not served, though it be deleted only later.
    this.#recent.clear(prefix);
    const gone = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await this.#call("list", (namespace) =>
        namespace.list({ prefix: prefix, limit: MOST_LISTED, ...(cursor !== undefined && { cursor }) }),
      );
      cursor = page.list_complete ? undefined : page.cursor;
      const names = [...page.keys.map(({ name }) => name), ...(cursor === undefined ? written : [])];
      await eachOf(
        names.filter((name) => !gone.has(name)),
        async (name) => {
          gone.add(name);
          await this.#change("delete", (namespace) => namespace.delete(name));
        },
      );
    } while (cursor !== undefined);
  }

  /** A write or deletion, which KV refuses within a second after the last one of the key. */
  async #change(operation: string, change: (namespace: KvNamespace) => Promise<void>): Promise<void> {
    try {
      await change(this.#options.namespace);
    } catch (error) {
      if (!isTooSoon(error)) throw this.#told(operation, error);
      await new Promise<void>((resolve) => this.#clock.setTimer(resolve, SECOND_TRY));
      await this.#call(operation, change);
    }
  }

  async #call<T>(operation: string, call: (namespace: KvNamespace) => Promise<T>): Promise<T> {
    try {
      return await call(this.#options.namespace);
    } catch (error) {
      throw this.#told(operation, error);
    }
  }

  #told(operation: string, error: unknown): TierError {
    const { tier } = this.#options;
    const status = statusOf(error);
    return new TierError(
      tier,
      `Cannot ${operation} in KV for tier ${tier}: received ${failureOf(error)}${status === undefined ? "" : ` ${status}`}`,
    );
  }
}

/** Of `KV PUT failed: 429 Too Many Requests`. */
function statusOf(error: unknown): string | undefined {
  return /\bfailed: (\d{3})\b/.exec(String((error as Error | undefined)?.message))?.[1];
}

function isTooSoon(error: unknown): boolean {
  return statusOf(error) === "429";
}

/** Names that KV refuses, with what is in no key after them. */
const REFUSED = /^\.{0,2}$/;

function nameOf(key: string): string {
  return REFUSED.test(key) ? `${key}\0` : key;
}

function keyOf(name: string): string {
  return name.endsWith("\0") ? name.slice(0, -1) : name;
}

/** Whether a name comes after another in the order of UTF-8, where astral characters come last. */
function isBehind(name: string, other: string): boolean {
  let at = 0;
  while (at < name.length && name.charCodeAt(at) === other.charCodeAt(at)) at++;
  if (at === name.length || at === other.length) return name.length > other.length;
  return rank(name.charCodeAt(at)) > rank(other.charCodeAt(at));
}

function rank(unit: number): number {
  return (unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit;
}
