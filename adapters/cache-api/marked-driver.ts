/**
 * A `Cache` that cannot list its requests (Workers) as a plain store. What is cleared is told from what is written later
 * by marks, see adapters/memcached/clears.ts: the record of clears is a response of its own, read beside every entry.
 *
 * A `Cache` changes nothing in one step with looking at it. So where two processes clear in the same moment, one
 * of the two may be lost; where two write the first entry, what one of them wrote may be.
 *
 * @module
 */
import { TierError } from "../../src/errors.ts";
import type { TierContext } from "../../src/tier.ts";
import {
  type Clears,
  cleared,
  decodeClears,
  encodeClears,
  isCleared,
  newClears,
  type Stamp,
} from "../memcached/clears.ts";
import type { Found, PlainDriver, PlainRecord } from "../plain/driver.ts";
import { eachOf } from "../plain/parallel.ts";
import { bytesOf, endingOf, responseOf, urlOf, type WebCache, type WebCacheSource } from "./slice.ts";

/** Header with the stamp of an entry. */
const STAMP = "tiercel-stamp";
/** How often the record is written again that another process has written meanwhile. */
const ATTEMPTS = 5;

/** What a {@linkcode markedDriver} is made of. */
export interface MarkedDriverOptions {
  readonly tier: string;
  readonly source: WebCacheSource;
  readonly base: string;
}

/** Makes the store. */
export function markedDriver(options: MarkedDriverOptions): PlainDriver {
  return new MarkedDriver(options);
}

class MarkedDriver implements PlainDriver {
  readonly atomic = true;
  readonly #tier: string;
  readonly #source: WebCacheSource;
  readonly #base: string;
  readonly #record: string;
  #now: () => number = Date.now;

  constructor({ tier, source, base }: MarkedDriverOptions) {
    this.#tier = tier;
    this.#source = source;
    this.#base = base;
    // No key's URL ends so.
    this.#record = `${base}clears`;
  }

  open({ clock }: TierContext): void {
    this.#now = () => clock.now();
  }

  async readMany(keys: readonly string[]): Promise<Found[]> {
    const cache = await this.#source();
    return this.#live(cache, keys, (_, response) => bytesOf(response));
  }

  async writeMany(records: readonly PlainRecord[], now: number): Promise<void> {
    const cache = await this.#source();
    const { epoch, mark } = await this.#begin(cache);
    await eachOf(records, ({ key, bytes, staleUntil }) =>
      cache.put(urlOf(this.#base, key), responseOf(bytes, staleUntil, now, { [STAMP]: `${epoch} ${mark}` })),
    );
  }

  async takeMany(keys: readonly string[]): Promise<Found[]> {
    const cache = await this.#source();
    const found = await this.#live(cache, keys, async (_, response) => endingOf(response));
    await eachOf(keys, (key) => cache.delete(urlOf(this.#base, key)));
    return found;
  }

  async clear(prefix: string): Promise<void> {
    const cache = await this.#source();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const clears = await this.#read(cache);
      // Without a record nothing counts.
      if (clears === undefined) return;
      const next = cleared(clears, prefix);
      if (await this.#write(cache, next)) return;
    }
    throw new TierError(this.#tier, `Gave up a clear in tier ${this.#tier} after ${ATTEMPTS} attempts`);
  }

  /** Entries that were not cleared, and the record, in one go. */
  async #live(
    cache: WebCache,
    keys: readonly string[],
    read: (key: string, response: Response) => Promise<Found>,
  ): Promise<Found[]> {
    const reading = this.#read(cache);
    const responses = eachOf(keys, (key) => cache.match(urlOf(this.#base, key)));
    const [clears, found] = await Promise.all([reading, responses]);
    return eachOf(keys, async (key, index): Promise<Found> => {
      const response = found[index];
      if (response === undefined) return undefined;
      const stamp = stampOf(response);
      // What has no stamp is not Tiercel's: whoever decodes it will say so.
      if (stamp === undefined || (clears !== undefined && !isCleared(clears, stamp, key))) return read(key, response);
      response.body?.cancel().catch(() => {});
      return undefined;
    });
  }

  /** The record, made if there is none. */
  async #begin(cache: WebCache): Promise<Clears> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const clears = await this.#read(cache);
      if (clears !== undefined) return clears;
      const made = newClears();
      if (await this.#write(cache, made)) return made;
    }
    throw new TierError(this.#tier, `Cannot write in tier ${this.#tier} as its cache must keep what is put into it`);
  }

  async #read(cache: WebCache): Promise<Clears | undefined> {
    const response = await cache.match(this.#record);
    return response && decodeClears(await bytesOf(response));
  }

  /** Whether the record is there now as it was written. */
  async #write(cache: WebCache, clears: Clears): Promise<boolean> {
    await cache.put(this.#record, responseOf(encodeClears(clears), Infinity, this.#now()));
    const now = await this.#read(cache);
    return now?.epoch === clears.epoch && now.mark === clears.mark;
  }
}

function stampOf(response: Response): Stamp | undefined {
  const [epoch = Number.NaN, mark = Number.NaN] = (response.headers.get(STAMP) ?? "").split(" ").map(Number);
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(mark) ? { epoch, mark } : undefined;
}
