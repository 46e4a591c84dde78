/**
 * memcached as a plain store. A read or deletion is one round trip to each server that has some of the keys, and so
 * is a write, unless the server was cleared by another process since it was last asked; a new deadline is two.
 *
 * @module
 */
import { type CorruptError, TierError } from "../../src/errors.ts";
import type { MaybePromise, TierContext } from "../../src/tier.ts";
import type { Decide, Found, PlainDriver, PlainRecord } from "../plain/driver.ts";
import { nameOf } from "../plain/names.ts";
import { allOver } from "../plain/parallel.ts";
import { Answering } from "./answering.ts";
import {
  type Clears,
  cleared,
  decodeClears,
  encodeClears,
  isCleared,
  newClears,
  type Stamp,
  stamped,
  unstamped,
} from "./clears.ts";
import { AT_ONCE, byServer, expiresIn, type MemcachedServer, type MemcachedServers, NEVER } from "./server.ts";

/** Bytes of a key in memcached. */
const MAX_KEY = 250;
/** Commands that are under way at a time in one operation. */
const PIPELINE = 1_000;
/** How often a step is done again that another process has interfered with. */
const ATTEMPTS = 20;

const same = (key: string): string => key;

const NOTHING = /* @__PURE__ */ new Uint8Array(0);

/** What a {@linkcode memcachedDriver} is made of. */
export interface MemcachedDriverOptions {
  readonly tier: string;
  /** Before the keys of all items, in printable ASCII without blanks. */
  readonly prefix: string;
  readonly open: (context: TierContext) => MemcachedServers;
}

/** Makes the store. */
export function memcachedDriver(options: MemcachedDriverOptions): PlainDriver {
  return new MemcachedDriver(options);
}

class MemcachedDriver implements PlainDriver {
  readonly atomic = true;
  readonly #options: MemcachedDriverOptions;
  /** Key of the record of clears. No entry's name begins with this character. */
  readonly #clearsKey: string;
  /** What each server's record was when it was last seen. */
  readonly #known = new WeakMap<MemcachedServer, Clears>();
  readonly #answering = new Answering(() => this.#opened?.all() ?? []);
  #opened: MemcachedServers | undefined;
  #report: TierContext["report"] = () => {};

  constructor(options: MemcachedDriverOptions) {
    this.#options = options;
    this.#clearsKey = `${options.prefix}#clears`;
  }

  open(context: TierContext): void {
    this.#opened = this.#options.open(context);
    this.#report = context.report;
  }

  close(): MaybePromise<void> {
    this.#opened?.close();
    this.#opened = undefined;
  }

  get #servers(): MemcachedServers {
    if (this.#opened !== undefined) return this.#opened;
    const { tier } = this.#options;
    throw new TierError(tier, `Cannot use tier ${tier} as it must be open: received a call before open`);
  }

  async readMany(keys: readonly string[]): Promise<Found[]> {
    const groups = byServer(this.#servers, keys, (key) => this.#item(key));
    const found = new Map<string, Found>();
    let answered = 0;
    const read = async (server: MemcachedServer, some: readonly string[]): Promise<void> => {
      for (const [index, one] of (await this.#read(server, some)).entries()) found.set(some[index]!, one);
      answered++;
    };
    try {
      await this.#answering.each(groups, same, read);
    } catch (error) {
      // One server that fails does not take the keys of the others with it.
      if (answered === 0) throw error;
      this.#report("fault", error);
    }
    return keys.map((key) => found.get(key));
  }

  async takeMany(keys: readonly string[]): Promise<Found[]> {
    const groups = byServer(this.#servers, keys, (key) => this.#item(key));
    const taken = new Map<string, Found>();
    await this.#answering.each(groups, same, async (server, some) => {
      for (let at = 0; at < some.length; at += PIPELINE) {
        const part = some.slice(at, at + PIPELINE);
        const found = this.#read(server, part);
        await allOver<unknown>([found, ...part.map((key) => server.delete(this.#item(key)))]);
        for (const [index, one] of (await found).entries()) taken.set(part[index]!, one);
      }
    });
    return keys.map((key) => taken.get(key));
  }

  async writeMany(records: readonly PlainRecord[], now: number): Promise<void> {
    const groups = byServer(this.#servers, records, ({ key }) => this.#item(key));
    await this.#answering.each(
      groups,
      ({ key }) => key,
      (server, some) => this.#write(server, some, now),
    );
  }

  async replaceMany(keys: readonly string[], decide: Decide, now: number): Promise<void> {
    const groups = byServer(this.#servers, keys, (key) => this.#item(key));
    await this.#answering.each(groups, same, (server, some) => this.#replace(server, some, decide, now));
  }

  async clear(prefix: string): Promise<void> {
    const all = new Map(this.#servers.all().map((server) => [server, [] as string[]]));
    await this.#answering.each(all, same, (server) => this.#clear(server, prefix));
  }

  #item(key: string): string {
    return this.#options.prefix + nameOf(key, MAX_KEY - this.#options.prefix.length);
  }

  /** The record of clears is read after the items, so that it is no older than they are. */
  async #read(server: MemcachedServer, keys: readonly string[]): Promise<Found[]> {
    const items = await server.get([...keys.map((key) => this.#item(key)), this.#clearsKey]);
    const clears = this.#learn(server, items.get(this.#clearsKey));
    return keys.map((key) => envelopeOf(key, items.get(this.#item(key)), clears)?.envelope);
  }

  async #write(server: MemcachedServer, records: readonly PlainRecord[], now: number): Promise<void> {
    // What has to do with a server's time goes by the system's clock, which the cache's need not be.
    const date = Date.now();
    for (let at = 0; at < records.length; at += PIPELINE) {
      let left = records.slice(at, at + PIPELINE);
      for (let attempt = 1; left.length > 0; attempt++) {
        const used = this.#known.get(server) ?? (await this.#begin(server));
        const sets = left.map(({ key, bytes, staleUntil }) =>
          server.set(this.#item(key), stamped(used, bytes), expiresIn(staleUntil - now, date)),
        );
        const record = server.get([this.#clearsKey]);
        await allOver<unknown>([...sets, record]);
        const clears = this.#learn(server, (await record).get(this.#clearsKey));
        // Where it was cleared since we last asked, what was written now would be taken for older than that.
        left = left.filter(({ key }) => clears === undefined || isCleared(clears, used, key));
        if (left.length > 0 && attempt === ATTEMPTS) throw this.#overrun(server);
      }
    }
  }

  /** An item that another process has changed since it was read is left to that process: it came right after us. */
  async #replace(server: MemcachedServer, keys: readonly string[], decide: Decide, now: number): Promise<void> {
    const date = Date.now();
    const reading = server.getHeld(keys.map((key) => this.#item(key)));
    const record = server.get([this.#clearsKey]);
    await allOver<unknown>([reading, record]);
    const items = await reading;
    const clears = this.#learn(server, (await record).get(this.#clearsKey));
    const changes = keys.flatMap((key): Promise<boolean>[] => {
      const held = items.get(this.#item(key));
      const found = envelopeOf(key, held?.bytes, clears);
      const decision = found && decide(key, found.envelope);
      if (held === undefined || decision === undefined) return [];
      const { bytes, staleUntil } = decision ?? { bytes: undefined, staleUntil: 0 };
      const item = bytes === undefined ? NOTHING : stamped(found!.stamp, bytes);
      const expires = bytes === undefined ? AT_ONCE : expiresIn(staleUntil - now, date);
      return [server.replace(this.#item(key), item, expires, held.unique)];
    });
    await allOver(changes);
  }

  async #clear(server: MemcachedServer, prefix: string): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const held = (await server.getHeld([this.#clearsKey])).get(this.#clearsKey);
      const clears = this.#learn(server, held?.bytes);
      // Without a record nothing in the server counts.
      if (held === undefined) return;
      const next = clears === undefined ? newClears() : cleared(clears, prefix);
      if (await server.replace(this.#clearsKey, encodeClears(next), NEVER, held.unique)) {
        this.#known.set(server, next);
        return;
      }
    }
    throw this.#overrun(server);
  }

  /** The server's record, made if there is none. */
  async #begin(server: MemcachedServer): Promise<Clears> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const held = (await server.getHeld([this.#clearsKey])).get(this.#clearsKey);
      const clears = this.#learn(server, held?.bytes);
      if (clears !== undefined) return clears;
      const made = newClears();
      const bytes = encodeClears(made);
      const isMade =
        held === undefined
          ? await server.add(this.#clearsKey, bytes, NEVER)
          : await server.replace(this.#clearsKey, bytes, NEVER, held.unique);
      if (!isMade) continue;
      this.#known.set(server, made);
      return made;
    }
    throw this.#overrun(server);
  }

  #learn(server: MemcachedServer, bytes: Uint8Array | undefined): Clears | undefined {
    const clears = decodeClears(bytes);
    if (clears === undefined) this.#known.delete(server);
    else this.#known.set(server, clears);
    return clears;
  }

  #overrun(server: MemcachedServer): TierError {
    const { tier } = this.#options;
    return new TierError(
      tier,
      `Gave up a change in memcached at ${server.id} for tier ${tier} after ${ATTEMPTS} attempts`,
    );
  }
}

/** What counts of an item. */
function envelopeOf(
  key: string,
  item: Uint8Array | undefined,
  clears: Clears | undefined,
): { stamp: Stamp; envelope: Uint8Array | CorruptError } | undefined {
  if (item === undefined) return undefined;
  try {
    const { stamp, envelope } = unstamped(item);
    return clears === undefined || isCleared(clears, stamp, key) ? undefined : { stamp, envelope };
  } catch (error) {
    return { stamp: { epoch: 0, mark: 0 }, envelope: error as CorruptError };
  }
}
