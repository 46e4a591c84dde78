/**
 * The tier over a MongoDB collection: bytes in, bytes out.
 *
 * @module
 */
import { freshness } from "../../src/entry.ts";
import { CacheClosedError, ConfigError } from "../../src/errors.ts";
import type {
  Capabilities,
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
import { randomInteger } from "../sql/random-integer.ts";
import type { Lease, Stored } from "./document.ts";
import { Calls, type MongoCollection } from "./driver.ts";
import { entryId } from "./ids.ts";
import { Invalidations } from "./invalidations.ts";
import type { MongoSettings } from "./options.ts";
import { liveOf, readKeys, scan, size } from "./reads.ts";
import {
  clearEntries,
  deleteEntries,
  pruneEntries,
  releaseLeases,
  setEntries,
  takeLeases,
  touchEntries,
} from "./writes.ts";

/** A document has at most 16 MiB; its other fields take little of that. */
const MAX_VALUE_BYTES = 16_000_000;

/** Keys in one call. */
const MAX_BATCH = 1_000;

const CAPABILITIES: Capabilities = /* @__PURE__ */ Object.freeze({
  keys: true,
  tags: true,
  leases: true,
  durable: true,
  shared: true,
  maxValueBytes: MAX_VALUE_BYTES,
  maxBatch: MAX_BATCH,
});

/** How long after its end the server may remove a document, in seconds: clocks differ. Its sweep comes once a minute anyway. */
const REMOVE_AFTER = 60;

/** An operation that takes longer than the guard waits for, but not longer than this, is still waited for: 10 s. */
const PATIENCE = 10_000;

/** Makes the tier; wrap it by `bytes()`. */
export function mongoStore(settings: MongoSettings): Tier<Uint8Array> {
  return new MongoStore(settings);
}

/** What there is while the store is open. */
interface Session {
  readonly calls: Calls;
  readonly invalidations: Invalidations;
  /** Changes of a key are sent in the order of their calls: the driver has many connections. */
  readonly turns: Turns;
  readonly report: TierContext["report"];
}

class MongoStore implements Tier<Uint8Array> {
  readonly name: string;
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly options: TierOptions;
  readonly client: MongoCollection;
  readonly #createIndex: boolean;
  #session: Session | undefined;
  #hasIndex = false;

  constructor({ name, collection, createIndex, tier }: MongoSettings) {
    this.name = name;
    this.options = tier;
    this.client = collection;
    this.#createIndex = createIndex;
  }

  open({ clock, random, report }: TierContext): void {
    if (this.#session !== undefined) {
      throw new ConfigError(
        "tiers",
        `Cannot use tier ${this.name} as it must be in one cache only: received one that is open`,
      );
    }
    const calls = new Calls(this.client, this.name);
    const invalidations = new Invalidations(calls, random);
    this.#session = { calls, invalidations, turns: new Turns(() => clock.now(), PATIENCE), report };
  }

  close(): void {
    this.#session = undefined;
  }

  async getMany(keys: readonly string[], options: ReadOptions): Promise<ReadResult<Uint8Array>> {
    const { now, metaOnly = false, sequence: isAsked = false, lease = 0, refresh = false } = options;
    const session = this.#open();
    const { calls, invalidations } = session;
    const reading = await readKeys(calls, keys, { now, metaOnly, sequence: isAsked });
    const live = await liveOf(invalidations, reading, now);
    const answer = {
      entries: keys.map((key) => live.get(key)),
      ...(isAsked && { sequence: reading.sequence! }),
    };
    const token = randomInteger();
    let taken: Set<string> | undefined;
    if (lease > 0) {
      const isFree = (key: string): boolean => {
        const entry = live.get(key);
        const isWanted = refresh || entry === undefined || freshness(entry, now) !== "fresh";
        return isWanted && !((reading.found.get(key)?.lease?.until ?? 0) > now);
      };
      const free = [...new Set(keys)].filter(isFree);
      try {
        taken = new Set(await this.#lease(session, free, reading.found, { token, until: now + lease }));
      } catch (error) {
        // A server that takes no writes is still read.
        session.report("fault", error);
      }
    }
    for (const [key, stored] of reading.found) if (stored.error !== undefined) await this.#drop(session, key, stored);
    if (taken === undefined) return answer;
    return { ...answer, leases: keys.map((key) => (taken.delete(key) ? token : undefined)) };
  }

  #lease(
    { calls, turns }: Session,
    keys: readonly string[],
    found: ReadonlyMap<string, Stored>,
    lease: Lease,
  ): Promise<readonly string[]> {
    if (keys.length === 0) return Promise.resolve([]);
    this.#makeIndex();
    return turns.change(keys, () => takeLeases(calls, keys, found, lease));
  }

  async setMany(writes: readonly Write<Uint8Array>[], now: number): Promise<WriteResult> {
    const { calls, invalidations } = this.#open();
    this.#makeIndex();
    return this.#inTurn(keysOf(writes), () => setEntries(calls, invalidations, writes, now));
  }

  async deleteMany(keys: readonly string[], now: number): Promise<readonly boolean[]> {
    const { calls, invalidations } = this.#open();
    return this.#inTurn(keys, () => deleteEntries(calls, invalidations, keys, now));
  }

  async touchMany(touches: readonly Touch[], now: number): Promise<readonly boolean[]> {
    const { calls, invalidations } = this.#open();
    return this.#inTurn(keysOf(touches), () => touchEntries(calls, invalidations, touches, now));
  }

  async clear(prefix: string, _now: number): Promise<void> {
    const { calls, turns } = this.#open();
    return turns.changeAll(() => clearEntries(calls, prefix));
  }

  async prune(limit: number, now: number): Promise<readonly string[]> {
    return pruneEntries(this.#open().calls, limit, now);
  }

  async scan(options: ScanOptions): Promise<ScanResult> {
    const { calls, invalidations } = this.#open();
    return scan(calls, invalidations, options);
  }

  async size(prefix: string, now: number): Promise<number> {
    const { calls, invalidations } = this.#open();
    return size(calls, invalidations, prefix, now);
  }

  async invalidate(invalidation: TagInvalidation): Promise<number> {
    return this.#open().invalidations.invalidate(invalidation);
  }

  async release(leases: readonly { key: string; lease?: number }[]): Promise<void> {
    const { calls } = this.#open();
    return this.#inTurn(keysOf(leases), () => releaseLeases(calls, leases));
  }

  /** Reports a document that nobody can read, and removes it if it is still the same. */
  async #drop({ calls, report }: Session, key: string, { write, error }: Stored): Promise<void> {
    report("corrupt", error, key);
    try {
      await calls.deleteMany({ _id: entryId(key), ...(write !== undefined && { write }) });
    } catch (fault) {
      report("fault", fault, key);
    }
  }

  /** With the first write, which does not wait for it: without the index the server only keeps more than it need. */
  #makeIndex(): void {
    if (this.#hasIndex || !this.#createIndex) return;
    this.#hasIndex = true;
    const { calls, report } = this.#open();
    calls.createIndex({ expiresAt: 1 }, { expireAfterSeconds: REMOVE_AFTER }).catch((error: unknown) => {
      report("fault", error);
    });
  }

  #inTurn<T>(keys: readonly string[], run: () => Promise<T>): Promise<T> {
    return this.#open().turns.change([...new Set(keys)], run);
  }

  #open(): Session {
    if (this.#session !== undefined) return this.#session;
    throw new CacheClosedError(
      `Cannot use tier ${this.name} as it must be open: received a call before open or after close`,
    );
  }
}

function keysOf(items: readonly { readonly key: string }[]): string[] {
  return items.map(({ key }) => key);
}
