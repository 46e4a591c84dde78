/**
 * A tier of bytes over a store that has nothing but bytes under keys.
 *
 * Each entry is one record, a whole envelope. Its end is judged by the cache's clock when it is read; what the store expires
 * by itself is only cleaning up. Within this process the operations on a key take effect in the order of their calls.
 * Between processes nothing but a single write is one step: a new deadline may undo what another process
 * writes at the same time, and so may the removal of a corrupt or expired record, unless the driver says otherwise
 * (`replaceMany`). There are no tags, leases or journal.
 *
 * @module
 */
import { encodeEnvelope } from "../../src/bytes/envelope.ts";
import type { Clock } from "../../src/clock.ts";
import { toMilliseconds } from "../../src/duration.ts";
import type { Entry } from "../../src/entry.ts";
import { CacheClosedError, ConfigError, CorruptError, TierLimitError } from "../../src/errors.ts";
import type {
  Capabilities,
  MaybePromise,
  ReadOptions,
  ReadResult,
  ScanOptions,
  ScanResult,
  Tier,
  TierContext,
  TierOptions,
  Touch,
  Write,
  WriteResult,
} from "../../src/tier.ts";
import type { Decide, Found, PlainDriver, PlainRecord, Replacement } from "./driver.ts";
import { entryOf, liveEntry } from "./found.ts";
import { Pruner } from "./pruner.ts";
import { Turns } from "./turns.ts";

/** What a {@linkcode plainStore} is made of. */
export interface PlainStoreOptions {
  readonly name: string;
  /** `keys` only with a driver that lists. */
  readonly capabilities: Capabilities;
  readonly options: TierOptions;
  readonly driver: PlainDriver;
  /** The handle underneath. */
  readonly client?: () => unknown;
  /** Most bytes of a whole record, tags and all. Default `Infinity`. */
  readonly maxRecordBytes?: number;
}

/** Records of one page that this file asks for by itself. */
const PAGE = 500;
/** An operation that takes longer than the guard waits for, but not longer than this, is still waited for: 10 s. */
const PATIENCE = 10_000;
/** How long `close` waits for what is under way: 2 s. */
const CLOSE_LIMIT = 2_000;

const NOTHING = /* @__PURE__ */ new Uint8Array(0);

/** Makes the tier; wrap it by `bytes()`. */
export function plainStore(options: PlainStoreOptions): Tier<Uint8Array> {
  const store = new PlainStore(options);
  const { name, capabilities, driver, client, maxRecordBytes } = options;
  const tier: { -readonly [K in keyof Tier<Uint8Array>]: Tier<Uint8Array>[K] } = {
    name,
    capabilities,
    options: options.options,
    open: (context) => store.open(context),
    close: () => store.close(),
    getMany: (keys, read) => store.getMany(keys, read),
    setMany: (writes, now) => store.setMany(writes, now),
    deleteMany: (keys, now) => store.deleteMany(keys, now),
    touchMany: (touches, now) => store.touchMany(touches, now),
    clear: (prefix) => store.clear(prefix),
  };
  if (maxRecordBytes !== undefined) tier.prepare = (writes) => store.prepare(writes as readonly Write<Uint8Array>[]);
  if (driver.list !== undefined) {
    tier.scan = (scan) => store.scan(scan);
    tier.size = (prefix, now) => store.size(prefix, now);
    tier.prune = (limit, now) => store.prune(limit, now);
  }
  if (client !== undefined) Object.defineProperty(tier, "client", { get: client, enumerable: true });
  return tier;
}

/** What there is while the store is open. */
interface Session {
  readonly turns: Turns;
  readonly clock: Clock;
  readonly report: TierContext["report"];
}

class PlainStore {
  readonly #settings: PlainStoreOptions;
  readonly #driver: PlainDriver;
  readonly #pruner: Pruner;
  #session: Session | undefined;

  constructor(settings: PlainStoreOptions) {
    this.#settings = settings;
    this.#driver = settings.driver;
    this.#pruner = new Pruner(settings.driver, (...args) => this.#replace(...args));
  }

  open(context: TierContext): MaybePromise<void> {
    const { name, options } = this.#settings;
    if (this.#session !== undefined) {
      throw new ConfigError(
        "tiers",
        `Cannot use tier ${name} as it must be in one cache only: received one that is open`,
      );
    }
    const opened = this.#driver.open?.(context);
    const patience = Math.max(PATIENCE, toMilliseconds(options.timeout ?? 0, "timeout"));
    const { clock, report } = context;
    this.#session = { turns: new Turns(() => clock.now(), patience), clock, report };
    return opened;
  }

  async close(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    const { turns, clock } = session;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(resolve, CLOSE_LIMIT, true);
      turns.settled().then(() => {
        clock.clearTimer(timer);
        resolve();
      });
    });
    await this.#driver.close?.();
  }

  prepare(writes: readonly Write<Uint8Array>[]): readonly Write<Uint8Array>[] {
    const { name, maxRecordBytes = Infinity } = this.#settings;
    for (const { entry } of writes) {
      // The sequence may be set later, in eight bytes.
      const size = encodeEnvelope({ ...entry, sequence: 0, value: NOTHING }).length + entry.value.length;
      if (size <= maxRecordBytes) continue;
      throw new TierLimitError(
        `Cannot store value in ${name} as it must be at most ${maxRecordBytes} bytes with its tags: received ${size}`,
      );
    }
    return writes;
  }

  async getMany(keys: readonly string[], options: ReadOptions): Promise<ReadResult<Uint8Array>> {
    const { turns, report } = this.#open();
    const { metaOnly = false, now } = options;
    const unique = [...new Set(keys)];
    const read = (): Promise<readonly Found[]> => this.#driver.readMany(unique, metaOnly);
    const found = unique.length === 0 ? [] : await (this.#driver.atomic ? read() : turns.read(unique, read));
    const entries = new Map<string, Entry<Uint8Array>>();
    const corrupt: string[] = [];
    for (const [index, key] of unique.entries()) {
      const entry = entryOf(found[index]);
      if (entry instanceof CorruptError) {
        report("corrupt", entry, key);
        corrupt.push(key);
      } else if (entry !== undefined && entry.staleUntil > now) entries.set(key, entry);
    }
    if (corrupt.length > 0) {
      const drop: Decide = (_, record) => (entryOf(record) instanceof CorruptError ? null : undefined);
      // A store that cannot remove it answers the read all the same.
      await this.#replace(corrupt, drop, now).catch((error) => report("fault", error));
    }
    return { entries: keys.map((key) => entries.get(key)) };
  }

  async setMany(writes: readonly Write<Uint8Array>[], now: number): Promise<WriteResult> {
    const { turns } = this.#open();
    // The last write to a key counts.
    const records = new Map<string, PlainRecord>();
    for (const { key, entry } of writes) {
      records.set(key, { key, bytes: encodeEnvelope(entry), staleUntil: entry.staleUntil });
    }
    if (records.size > 0)
      await turns.change([...records.keys()], () => this.#driver.writeMany([...records.values()], now));
    return { sequence: 0 };
  }

  async deleteMany(keys: readonly string[], now: number): Promise<readonly boolean[]> {
    const { turns } = this.#open();
    const unique = [...new Set(keys)];
    const taken = unique.length === 0 ? [] : await turns.change(unique, () => this.#driver.takeMany(unique));
    const gone = new Set(unique.filter((_, index) => liveEntry(taken[index], now) !== undefined));
    return keys.map((key) => gone.has(key));
  }

  async touchMany(touches: readonly Touch[], now: number): Promise<readonly boolean[]> {
    const moved = new Set<string>();
    const times = new Map(touches.map((touch) => [touch.key, touch]));
    const move: Decide = (key, found) => {
      moved.delete(key);
      const entry = liveEntry(found, now);
      if (entry === undefined) return undefined;
      moved.add(key);
      const { freshUntil, staleUntil } = times.get(key)!;
      return { bytes: encodeEnvelope({ ...entry, freshUntil, staleUntil }), staleUntil };
    };
    await this.#replace([...times.keys()], move, now);
    return touches.map(({ key }) => moved.has(key));
  }

  async clear(prefix: string): Promise<void> {
    const { turns } = this.#open();
    await turns.changeAll(async () => {
      if (this.#driver.clear !== undefined) return this.#driver.clear(prefix);
      for await (const page of this.#pages(prefix)) await this.#driver.takeMany(page.map(({ key }) => key));
    });
  }

  async scan({ prefix, cursor, limit, now }: ScanOptions): Promise<ScanResult> {
    this.#open();
    const page = await this.#driver.list!(prefix, cursor, limit);
    const live = page.records.filter(({ staleUntil }) => staleUntil > now);
    return { keys: live.map(({ key }) => key), cursor: page.cursor };
  }

  async size(prefix: string, now: number): Promise<number> {
    this.#open();
    let size = 0;
    for await (const page of this.#pages(prefix)) size += page.filter(({ staleUntil }) => staleUntil > now).length;
    return size;
  }

  prune(limit: number, now: number): Promise<readonly string[]> {
    this.#open();
    return this.#pruner.prune(limit, now);
  }

  async *#pages(prefix: string): AsyncGenerator<readonly Pick<PlainRecord, "key" | "staleUntil">[]> {
    let cursor: string | undefined;
    do {
      const page = await this.#driver.list!(prefix, cursor, PAGE);
      yield page.records;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async #replace(keys: readonly string[], decide: Decide, now: number): Promise<void> {
    if (keys.length === 0) return;
    const driver = this.#driver;
    await this.#open().turns.change(keys, async () => {
      if (driver.replaceMany !== undefined) return driver.replaceMany(keys, decide, now);
      const found = await driver.readMany(keys, false);
      const decided = keys.map((key, index): readonly [string, Replacement] => {
        const record = found[index];
        return [key, record === undefined ? undefined : decide(key, record)];
      });
      const gone = decided.filter(([, replacement]) => replacement === null).map(([key]) => key);
      const records = decided.flatMap(([key, replacement]) => (replacement ? [{ key, ...replacement }] : []));
      if (gone.length > 0) await driver.takeMany(gone);
      if (records.length > 0) await driver.writeMany(records, now);
    });
  }

  #open(): Session {
    if (this.#session !== undefined) return this.#session;
    throw new CacheClosedError(
      `Cannot use tier ${this.#settings.name} as it must be open: received a call before open or after close`,
    );
  }
}
