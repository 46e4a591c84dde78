/**
 * A store that tells others what was changed in it, and does what others tell.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { methods, TierError } from "../errors.ts";
import { ended, isPromise, settle, then } from "../maybe.ts";
import { sharedPrefix } from "../resolved.ts";
import type { CacheHealth, LayerCounters, TierStats } from "../stats.ts";
import type { Findings, Inspected, Leases, Pages, Store, StoreReadOptions } from "../store.ts";
import type { Change, InvalidationMode, MaybePromise, TagMatch, Tier, Touch, Write } from "../tier.ts";
import { apply } from "./apply.ts";
import type { BusConnection, BusTransport } from "./bus.ts";
import { Draft, EVERYTHING, type Message, type News, newsOf } from "./message.ts";

/** Pause before a channel that could not be joined is tried again, in milliseconds. */
const PAUSE = 1_000;

/** The store of a cache with a bus. */
export class BusStore implements Store {
  declare readonly tiers: readonly Tier[];
  declare readonly counters: LayerCounters;
  declare readonly leases: Leases | undefined;
  declare readonly look: (() => MaybePromise<void>) | undefined;
  declare readonly drop?: (changes: readonly Change[]) => MaybePromise<void>;
  declare readonly count?: (prefix: string, tier?: string) => MaybePromise<number | undefined>;
  readonly #store: Store;
  readonly #engine: Engine;
  readonly #transport: BusTransport;
  readonly #draft = new Draft();
  #origin = "";
  #connection: BusConnection | undefined;
  #retryAt = -Infinity;
  #isDrafting = false;
  #isClosed = false;
  /** Others have not been told of something, so what is said next is that anything may have changed. */
  #owes = false;

  constructor(store: Store, engine: Engine, transport: BusTransport) {
    this.#store = store;
    this.#engine = engine;
    this.#transport = transport;
    this.tiers = store.tiers;
    this.counters = store.counters;
    this.leases = store.leases;
    this.look = store.look;
    if (store.drop) this.drop = (changes) => store.drop!(changes);
    if (store.count) this.count = (prefix, tier) => store.count!(prefix, tier);
  }

  read(keys: readonly string[], options: StoreReadOptions): MaybePromise<Findings> {
    this.#join();
    return this.#store.read(keys, options);
  }

  /** A load changes nothing that others have, so only those are told who wait for it or follow a journal. */
  write(writes: readonly Write[], ticket?: number, tiers?: readonly string[], call?: object): MaybePromise<void> {
    const by = ticket === undefined ? "keys" : this.look || this.leases ? "loads" : undefined;
    return this.#change(
      () => this.#store.write(writes, ticket, tiers, call),
      () => by && { by, keys: writes.map(({ key }) => key) },
    );
  }

  delete(keys: readonly string[], tier?: string): MaybePromise<readonly boolean[]> {
    return this.#change(
      () => this.#store.delete(keys, tier),
      () => (tier === undefined ? { by: "keys", keys } : undefined),
    );
  }

  touch(touch: Touch): MaybePromise<boolean> {
    return this.#change(
      () => this.#store.touch(touch),
      () => ({ by: "keys", keys: [touch.key] }),
    );
  }

  clear(prefix: string, tier?: string): MaybePromise<void> {
    return this.#change(
      () => this.#store.clear(prefix, tier),
      () => (tier === undefined ? { by: "prefix", prefix } : undefined),
    );
  }

  invalidate(tags: readonly string[], match: TagMatch, mode: InvalidationMode): MaybePromise<number> {
    return this.#change(
      () => this.#store.invalidate(tags, match, mode),
      (sequence = this.#engine.ledger.latest) => ({ by: "tags", tags, match, mode, sequence }),
    );
  }

  tell(prefix: string, pattern: string | RegExp): void {
    const { source, flags } = pattern as RegExp;
    this.#tell({ by: "pattern", prefix, pattern: typeof pattern === "string" ? pattern : { source, flags } });
  }

  pages(prefix: string, tier?: string, complete?: boolean): Pages {
    return this.#store.pages(prefix, tier, complete);
  }

  prune(steps: number): MaybePromise<readonly string[]> {
    return this.#store.prune(steps);
  }

  stats(): TierStats[] {
    return this.#store.stats();
  }

  resetStats(): void {
    this.#store.resetStats();
  }

  health(entries?: boolean): MaybePromise<CacheHealth> {
    return this.#store.health(entries);
  }

  inspect(key: string): MaybePromise<readonly Inspected[]> {
    return this.#store.inspect(key);
  }

  close(): MaybePromise<void> {
    this.#send();
    this.#isClosed = true;
    const left = settle(() => this.#connection?.close()).catch((error) => this.#fail(error));
    return then(this.#store.close(), () => left);
  }

  /**
   * Makes a change, and tells of it when it is acknowledged, or when a tier has failed, in spite of which the others have it.
   *
   * @param news of what the change answered; of one that failed it is made without
   */
  #change<T>(change: () => MaybePromise<T>, news: (answer?: T) => News | undefined): MaybePromise<T> {
    this.#join();
    return ended(
      change,
      (answer) => {
        this.#tell(news(answer));
        return answer;
      },
      (error) => {
        if (error instanceof TierError) this.#tell(news());
        throw error;
      },
    );
  }

  /** Says it in the next microtask, together with all else of this turn: before whoever made the change goes on. */
  #tell(news: News | undefined): void {
    if (!news || this.#isClosed) return;
    this.#draft.add(news);
    if (this.#isDrafting) return;
    this.#isDrafting = true;
    void Promise.resolve().then(() => this.#send());
  }

  #send(): void {
    this.#isDrafting = false;
    const parts = this.#draft.take();
    if (this.#isClosed || parts.length === 0) return;
    if (this.#owes) parts.unshift([EVERYTHING]);
    this.#owes = !this.#connection;
    for (const news of parts) {
      const message: Message = { origin: this.#origin, news };
      this.#run(() =>
        ended(
          () => this.#connection?.send(message),
          () => {},
          (error) => {
            this.#owes = true;
            throw error;
          },
        ),
      );
    }
  }

  /** Joins the channel, unless that is done: before anything can get into memory. */
  #join(): void {
    if (this.#connection || this.#isClosed || this.#engine.now() < this.#retryAt) return;
    const isLate = this.#retryAt !== -Infinity;
    this.#retryAt = this.#engine.now() + PAUSE;
    this.#run(() => {
      this.#origin ||= crypto.getRandomValues(new Uint32Array(4)).join("-");
      const connection = this.#transport.open(
        `tiercel:${sharedPrefix(this.#engine.options)}`,
        (message) => this.#receive(message),
        () => this.#missed(),
      );
      // Nobody has what is opened later: it is left again.
      if (isPromise(connection)) discard(connection);
      methods("bus", connection ?? null, "send", "close");
      this.#connection = connection;
      if (isLate) this.#missed();
    });
  }

  #receive(message: unknown): void {
    if (this.#isClosed || this.#engine.closing) return;
    this.#run(() => {
      const news = newsOf(message, this.#origin);
      // A journal tells it all, in order and once: with one, a message is no more than a reason to look.
      return news && (this.look ? this.look() : apply(news, this.#store, this.#engine));
    });
  }

  #missed(): void {
    this.#receive({ origin: "", news: [EVERYTHING] } satisfies Message);
  }

  /** Does what nobody waits for; a failure is an `error` event. */
  #run(step: () => MaybePromise<void>): void {
    try {
      const done = step();
      if (isPromise(done)) this.#engine.background(done, "bus");
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#engine.emit("error", () => ({ error, operation: "bus" }));
  }
}

/** Closes what a promise opens, whatever becomes of either. */
function discard(opened: Promise<BusConnection>): void {
  Promise.resolve(opened)
    .then((connection) => connection.close())
    .catch(() => {});
}
