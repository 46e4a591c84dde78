/**
 * Writing again, under the key in force, what was read under an older one.
 *
 * A value that another writes meanwhile must not be undone. So an entry is read once more together with a lease on its key, and written
 * under that lease, which every write, deletion and clearing revokes, in whatever process. Where a store gives no leases nothing
 * is written again: there, an old key is done with when the longest ttl has passed since the rotation.
 *
 * @module
 */
import type { Entry } from "../../entry.ts";
import { CorruptError } from "../../errors.ts";
import { alive, joined } from "../../joined.ts";
import { isPromise, settle } from "../../maybe.ts";
import type { MaybePromise, Tier, TierContext, Write } from "../../tier.ts";
import type { SealedMeta } from "../payload.ts";

/** Most keys that wait. One that finds no room is taken up when it is read the next time. */
const MOST_WAITING = 50_000;
/** Keys of one step. */
const STEP = 100;
/** How long a lease is taken for, in milliseconds: a step takes far less, and one that dies holds nobody up for long. */
const LEASE = 2_000;

/** What a {@linkcode Renewal} is made of. */
export interface RenewalOptions {
  readonly store: Tier<Uint8Array>;
  readonly context: TierContext;
  /** Whether a payload is not under the key in force. */
  readonly isOld: (payload: Uint8Array) => boolean;
  readonly unseal: (key: string, meta: SealedMeta, payload: Uint8Array) => MaybePromise<Uint8Array>;
  readonly seal: (key: string, meta: SealedMeta, payload: Uint8Array) => MaybePromise<Uint8Array>;
}

/** The renewals of one tier. */
export class Renewal {
  readonly #options: RenewalOptions;
  readonly #waiting = new Set<string>();
  /** New deadlines that are on their way: an entry is not read before them and written after them. */
  readonly #touches = new Set<Promise<unknown>>();
  #running: Promise<void> | undefined;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#waiting.size >= MOST_WAITING) return;
    this.#waiting.add(key);
    this.#begin();
  }

  #begin(): void {
    if (this.#running || this.#waiting.size === 0) return;
    const running: Promise<void> = this.#run()
      .catch((error) => {
        // The next reads ask for it again.
        this.#waiting.clear();
        this.#options.context.report("fault", error);
      })
      .then(() => {
        if (this.#running === running) this.#running = undefined;
        this.#begin();
      });
    this.#running = alive(running);
  }

  /** Ends when nothing waits or is under way. */
  async settled(): Promise<void> {
    // By one that a request has taken along nobody is held up.
    while (this.#running) if (!(await joined(this.#running))) this.#running = undefined;
  }

  /** Gives deadlines after what is under way, so that none of it is undone. */
  touch<T>(change: () => MaybePromise<T>): MaybePromise<T> {
    const touched = this.#running ? this.settled().then(change) : change();
    if (!isPromise(touched)) return touched;
    const over: Promise<unknown> = touched.catch(() => {}).then(() => this.#touches.delete(over));
    this.#touches.add(alive(over));
    return touched;
  }

  async #run(): Promise<void> {
    // Lets the reads of this turn gather.
    await undefined;
    const { capabilities } = this.#options.store;
    const most = Math.min(STEP, capabilities.maxBatch ?? Infinity);
    while (this.#waiting.size > 0) {
      for (const touch of this.#touches) if (!(await joined(touch))) this.#touches.delete(touch);
      const keys = [...this.#waiting].slice(0, most);
      for (const key of keys) this.#waiting.delete(key);
      await this.#renew(keys);
    }
  }

  async #renew(keys: readonly string[]): Promise<void> {
    const { store, context } = this.#options;
    const now = context.clock.now();
    const { entries, leases = [] } = await store.getMany(keys, { now, peek: true, lease: LEASE, refresh: true });
    const unused: { key: string; lease: number }[] = [];
    const resealed = await Promise.all(
      keys.map(async (key, index): Promise<Write<Uint8Array> | undefined> => {
        const [entry, lease = 0] = [entries[index], leases[index]];
        if (!(lease > 0)) return undefined;
        const value = entry && entry.freshUntil > now ? await this.#reseal(key, entry) : undefined;
        if (value !== undefined) return { key, entry: { ...entry!, value, size: value.length }, lease };
        unused.push({ key, lease });
        return undefined;
      }),
    );
    const writes = resealed.filter((write) => write !== undefined);
    if (unused.length > 0) await store.release?.(unused);
    if (writes.length === 0) return;
    await settle(() => store.setMany(writes, context.clock.now())).catch(async (error) => {
      await store.release?.(writes.map(({ key, lease }) => ({ key, lease: lease! })));
      throw error;
    });
  }

  /** The payload under the key in force; nothing where it is already, or cannot be read. */
  async #reseal(key: string, entry: Entry<Uint8Array>): Promise<Uint8Array | undefined> {
    const { isOld, unseal, seal, store } = this.#options;
    try {
      if (!isOld(entry.value)) return undefined;
      const value = await seal(key, entry, await unseal(key, entry, entry.value));
      return value.length > (store.capabilities.maxValueBytes ?? Infinity) ? undefined : value;
    } catch (error) {
      // The next read tells of it.
      if (error instanceof CorruptError) return undefined;
      throw error;
    }
  }
}
