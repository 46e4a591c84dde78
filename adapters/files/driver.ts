/**
 * Plain files as a plain store: a record each.
 *
 * @module
 */
import { CorruptError, StoreOpenError } from "../../src/errors.ts";
import type { TierContext } from "../../src/tier.ts";
import type { Decide, Found, PlainDriver, PlainListing, PlainRecord } from "../plain/driver.ts";
import { nameBegins } from "../plain/names.ts";
import { eachOf } from "../plain/parallel.ts";
import { decodeRecord, encodeRecord, headSize, recordOf } from "../plain/record.ts";
import type { Content, Disk } from "./disk.ts";
import { isTemporary, nameIn, type Place, placeOf } from "./layout.ts";

/** How old a file on its way must be to count as left behind by a process that died: one hour. */
const STRAY_AGE = 3_600_000;

/** What a {@linkcode FilesDriver} is made of. */
export interface FilesDriverOptions {
  /** Opens the folder. */
  readonly open: () => Disk;
  readonly maxKeyLength: number;
}

/** Makes the store. */
export function filesDriver(options: FilesDriverOptions): PlainDriver {
  return new FilesDriver(options);
}

class FilesDriver implements PlainDriver {
  readonly atomic = true;
  readonly #options: FilesDriverOptions;
  readonly #headSize: number;
  #opened: Disk | undefined;
  #report: TierContext["report"] = () => {};

  constructor(options: FilesDriverOptions) {
    this.#options = options;
    this.#headSize = headSize(options.maxKeyLength);
  }

  open({ report }: TierContext): void {
    this.#opened = this.#options.open();
    this.#report = report;
  }

  readMany(keys: readonly string[]): Promise<Found[]> {
    return eachOf(keys, (key) => this.#read(key));
  }

  async writeMany(records: readonly PlainRecord[]): Promise<void> {
    await eachOf(records, (record) => this.#disk.write(placeOf(record.key), encodeRecord(record)));
  }

  takeMany(keys: readonly string[]): Promise<Found[]> {
    return eachOf(keys, async (key) => {
      const found = await this.#read(key);
      if (found !== undefined) await this.#disk.remove(placeOf(key));
      return found;
    });
  }

  async replaceMany(keys: readonly string[], decide: Decide): Promise<void> {
    await eachOf(keys, async (key) => {
      const place = placeOf(key);
      const found = await this.#read(key);
      const replacement = found && decide(key, found);
      if (replacement) await this.#disk.write(place, encodeRecord({ key, ...replacement }));
      else if (replacement === null) {
        await this.#disk.removeIf(place, (content) => {
          const again = foundIn(key, content);
          return again === undefined || decide(key, again) === null;
        });
      }
    });
  }

  async list(prefix: string, cursor: string | undefined, limit: number): Promise<PlainListing> {
    const [from = "", after = ""] = cursor?.split("/") ?? [];
    const records: PlainListing["records"][number][] = [];
    for (const shard of await this.#disk.shards()) {
      if (shard < from) continue;
      const files = (await this.#filesOf(shard, prefix)).filter((file) => shard !== from || file > after);
      const some = files.slice(0, limit - records.length);
      for (const found of await eachOf(some, (file) => this.#head({ shard, file })))
        if (found?.key.startsWith(prefix)) records.push(found);
      if (some.length < files.length || records.length >= limit) return { records, cursor: `${shard}/${some.at(-1)}` };
    }
    return { records };
  }

  async clear(prefix: string): Promise<void> {
    for (const shard of await this.#disk.shards()) {
      await eachOf(await this.#filesOf(shard, prefix), async (file) => {
        const place = { shard, file };
        const isHit = prefix === "" || nameBegins(nameIn(file)!, prefix);
        if (isHit ?? (await this.#head(place))?.key.startsWith(prefix)) await this.#disk.remove(place);
      });
    }
  }

  async tidy(): Promise<void> {
    // What is on its way is so by the system's clock, which the cache's need not be.
    const time = Date.now() - STRAY_AGE;
    for (const shard of ["", ...(await this.#disk.shards())]) {
      const strays = (await this.#disk.entries(shard)).filter(({ name }) => isTemporary(name));
      await eachOf(strays, ({ name }) => this.#disk.removeOlder({ shard, file: name }, time));
    }
  }

  get #disk(): Disk {
    if (this.#opened !== undefined) return this.#opened;
    throw new StoreOpenError("Cannot use folder as it must be open: received a call before open");
  }

  async #read(key: string): Promise<Found> {
    return foundIn(key, await this.#disk.read(placeOf(key)));
  }

  /** Names of files of ours whose key may have the prefix, sorted. */
  async #filesOf(shard: string, prefix: string): Promise<string[]> {
    const entries = await this.#disk.entries(shard);
    return entries
      .filter((entry) => {
        const name = nameIn(entry.name);
        return name !== undefined && nameBegins(name, prefix) !== false && entry.isFile();
      })
      .map(({ name }) => name)
      .sort();
  }

  /** The head of a record. One that nobody can read is removed. */
  async #head(place: Place): Promise<PlainRecord | undefined> {
    const head = await this.#disk.readHead(place, this.#headSize);
    if (head === undefined) return undefined;
    const known = headIn(place, head);
    if (!(known instanceof CorruptError)) return known;
    // The keys of another process may be longer.
    const whole = headIn(place, await this.#disk.read(place));
    if (!(whole instanceof CorruptError)) return whole;
    this.#report("corrupt", whole);
    await this.#disk.removeIf(place, (content) => headIn(place, content) instanceof CorruptError);
    return undefined;
  }
}

function foundIn(key: string, content: Content): Found {
  if (!(content instanceof Uint8Array)) return content;
  try {
    return recordOf(key, content);
  } catch (error) {
    return error as CorruptError;
  }
}

/** The record in a file, which must be in the place of its key. */
function headIn(place: Place, content: Content): PlainRecord | CorruptError | undefined {
  if (!(content instanceof Uint8Array)) return content;
  try {
    const record = decodeRecord(content);
    const { shard, file } = placeOf(record.key);
    if (shard === place.shard && file === place.file) return record;
    return new CorruptError("Cannot read record as it must be in the place of its key: received it in another");
  } catch (error) {
    return error as CorruptError;
  }
}
