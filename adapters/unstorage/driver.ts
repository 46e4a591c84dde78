/**
 * A storage of unstorage as a plain store.
 *
 * unstorage's keys are paths: `:` and `/` are the same, `?` ends them, `$` at the end means metadata, `..` is refused, and
 * on a file system `a` and `a:b` are a file and a folder of one name. So an entry is in one item below the base, whose name
 * has none of these, and has its own key in it.
 *
 * Its `clear` is never called: the drivers for files remove all that they have, whatever the base.
 *
 * @module
 */
import { CorruptError, TierError } from "../../src/errors.ts";
import type { Found, PlainDriver, PlainListing, PlainRecord } from "../plain/driver.ts";
import { failureOf } from "../plain/failure.ts";
import { keyOf, nameBegins, nameOf } from "../plain/names.ts";
import { eachOf } from "../plain/parallel.ts";
import { decodeRecord, encodeRecord, recordOf } from "../plain/record.ts";
import { fromText, toText } from "../plain/text.ts";
import type { UnstorageStorage } from "./storage.ts";

/** Longest name. Files have 255 bytes, the keys of Workers KV 512 with their base. */
const MOST = 200;
/** Names of items written last, by which a listing is tested. */
const MAX_RECENT = 100;
/** A listing of so many names may be one page of a driver that has no second one, as that for R2. */
const ONE_PAGE = 1_000;
/** Longest listing that is kept between its pages. */
const MAX_LISTED = 100_000;

/** What an {@linkcode UnstorageDriver} is made of. */
export interface UnstorageDriverOptions {
  readonly tier: string;
  readonly storage: UnstorageStorage;
  /** Normalised, without `:` at its end. */
  readonly base: string;
  readonly raw: boolean;
  readonly expire: boolean;
}

/** Makes the store. */
export function unstorageDriver(options: UnstorageDriverOptions): PlainDriver {
  return new UnstorageDriver(options);
}

class UnstorageDriver implements PlainDriver {
  readonly #options: UnstorageDriverOptions;
  /** Names that were written here last, with their keys. */
  readonly #recent = new Map<string, string>();
  #listing: { readonly id: string; readonly names: readonly string[] } | undefined;
  #listings = 0;

  constructor(options: UnstorageDriverOptions) {
    this.#options = options;
  }

  async readMany(keys: readonly string[]): Promise<Found[]> {
    const items = await this.#items(keys.map((key) => nameOf(key, MOST)));
    return items.map((item, index) => within(item, (record) => recordOf(keys[index]!, record)));
  }

  async writeMany(records: readonly PlainRecord[], now: number): Promise<void> {
    // Not setItems, which answers a failure while other items are still on their way.
    await eachOf(records, async (record) => {
      const { key, staleUntil } = record;
      const bytes = encodeRecord(record);
      const name = nameOf(key, MOST);
      const isEnding = this.#options.expire && staleUntil !== Infinity;
      const options = isEnding ? { ttl: Math.max(1, Math.ceil((staleUntil - now) / 1_000)) } : {};
      await (this.#options.raw
        ? this.#call((storage) => storage.setItemRaw(this.#item(name), bytes, options))
        : this.#call((storage) => storage.setItem(this.#item(name), toText(bytes), options)));
      this.#remember(name, key);
    });
  }

  async takeMany(keys: readonly string[]): Promise<Found[]> {
    const found = await this.readMany(keys);
    await eachOf(
      keys.filter((_, index) => found[index] !== undefined),
      (key) => this.#remove(nameOf(key, MOST)),
    );
    return found;
  }

  async list(prefix: string, cursor: string | undefined, limit: number): Promise<PlainListing> {
    const [id = "", after = ""] = cursor?.split("/") ?? [];
    let listing = this.#listing;
    if (cursor === undefined || listing?.id !== id) {
      // Where other listings came in between, this one goes on in a new one, after the last name.
      listing = { id: String(++this.#listings), names: await this.#completeNames(prefix) };
      this.#listing = listing.names.length <= MAX_LISTED ? listing : undefined;
    }
    const { names } = listing;
    const start = cursor === undefined ? 0 : names.findIndex((name) => name > after);
    const page = start < 0 ? [] : names.slice(start, start + limit);
    const items = await this.#items(page);
    const records = items.flatMap((item, index) => {
      const record = headOf(page[index]!, item);
      return record?.key.startsWith(prefix) ? [record] : [];
    });
    if (start >= 0 && start + limit < names.length) return { records, cursor: `${listing.id}/${page.at(-1)}` };
    if (this.#listing === listing) this.#listing = undefined;
    return { records };
  }

  async clear(prefix: string): Promise<void> {
    const gone = new Set<string>();
    for (let isMore = true; isMore; ) {
      const names = (await this.#names(prefix)).filter((name) => !gone.has(name));
      const unsure = prefix === "" ? [] : names.filter((name) => nameBegins(name, prefix) === undefined);
      const items = await this.#items(unsure);
      const others = new Set(unsure.filter((name, index) => !headOf(name, items[index])?.key.startsWith(prefix)));
      await eachOf(names, async (name) => {
        gone.add(name);
        if (!others.has(name)) await this.#remove(name);
      });
      isMore = names.length >= ONE_PAGE;
    }
    await this.#check(prefix, [...this.#recent.keys()], gone);
  }

  #item(name: string): string {
    return `${this.#options.base}:${name}`;
  }

  /** Errors of drivers have URLs, commands and values in them. */
  async #call<T>(call: (storage: UnstorageStorage) => Promise<T>): Promise<T> {
    try {
      return await call(this.#options.storage);
    } catch (error) {
      const { tier } = this.#options;
      throw new TierError(tier, `Cannot reach the driver of tier ${tier}: received ${failureOf(error)}`);
    }
  }

  async #items(names: readonly string[]): Promise<Found[]> {
    const items = names.map((name) => this.#item(name));
    if (this.#options.raw) {
      return eachOf(items, async (item) => bytesOf(await this.#call((storage) => storage.getItemRaw(item))));
    }
    if (items.length === 0) return [];
    if (items.length === 1) return [bytesOf(await this.#call((storage) => storage.getItem(items[0]!)))];
    // With several mounts the answers are in another order.
    const found = await this.#call((storage) => storage.getItems(items));
    const answers = new Map(found.map(({ key, value }) => [key, value]));
    return items.map((item) => bytesOf(answers.get(item)));
  }

  async #remove(name: string): Promise<void> {
    await this.#call((storage) => storage.removeItem(this.#item(name)));
    this.#recent.delete(name);
  }

  /** Names of items whose key may have the prefix, sorted. */
  async #names(prefix: string): Promise<string[]> {
    const base = `${this.#options.base}:`;
    const items = await this.#call((storage) => storage.getKeys(this.#options.base));
    const names = items.flatMap((item) => (item.startsWith(base) ? [item.slice(base.length)] : []));
    return names.filter((name) => /^[kh][a-z0-9_-]*$/.test(name) && nameBegins(name, prefix) !== false).sort();
  }

  /** Names that have all that was written here lately. What comes and goes meanwhile may be missing in one, not in two. */
  async #completeNames(prefix: string): Promise<readonly string[]> {
    for (let attempt = 1; ; attempt++) {
      const recent = [...this.#recent.keys()];
      const names = await this.#names(prefix);
      try {
        await this.#check(prefix, recent, new Set(names));
        return names;
      } catch (error) {
        if (attempt === 2) throw error;
      }
    }
  }

  /** @throws {TierError} when one of the names is there, but not in the listing: then others may be missing as well */
  async #check(prefix: string, recent: readonly string[], listed: ReadonlySet<string>): Promise<void> {
    const unlisted = recent.filter((name) => !listed.has(name) && this.#recent.get(name)?.startsWith(prefix));
    if ((await this.#items(unlisted)).every((item) => item === undefined)) return;
    const { tier } = this.#options;
    throw new TierError(
      tier,
      `Cannot find the keys of tier ${tier} as its driver must list all of them: received a part`,
    );
  }

  #remember(name: string, key: string): void {
    this.#recent.delete(name);
    this.#recent.set(name, key);
    if (this.#recent.size > MAX_RECENT) this.#recent.delete(this.#recent.keys().next().value!);
  }
}

/** What a driver gives back: text, bytes of its own kind, or `null`. */
function bytesOf(value: unknown): Found {
  if (value === null || value === undefined) return undefined;
  try {
    if (typeof value === "string") return fromText(value);
    const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
    if (!(bytes instanceof Uint8Array)) {
      throw new CorruptError(`Cannot read record as it must be text or bytes: received a ${typeof value}`);
    }
    // A driver that keeps bytes as text gives back the bytes of that text; one that keeps references, its own.
    return bytes[0] === 0x62 ? fromText(new TextDecoder().decode(bytes)) : Uint8Array.from(bytes);
  } catch (error) {
    return error as CorruptError;
  }
}

function within<T>(item: Found, read: (record: Uint8Array) => T): T | CorruptError | undefined {
  if (!(item instanceof Uint8Array)) return item;
  try {
    return read(item);
  } catch (error) {
    return error as CorruptError;
  }
}

/**
 * Key and end of an item. One that cannot be read is listed by its name, if that tells the key: another process may
 * be writing it just now.
 */
function headOf(name: string, item: Found): Pick<PlainRecord, "key" | "staleUntil"> | undefined {
  const record = within(item, decodeRecord);
  if (!(record instanceof CorruptError)) return record;
  const key = keyOf(name);
  return key === undefined ? undefined : { key, staleUntil: Infinity };
}
