/**
 * A layer: one tier of the stack, and its entries. It caps their lifetimes, splits batches, and remembers under which keys a tier that failed
 * may hold an older entry, so that it never serves what was invalidated meanwhile.
 *
 * @module
 */
import { type Entry, endingBy } from "../entry.ts";
import { TierError } from "../errors.ts";
import { tierTtl } from "../lifetimes.ts";
import { then } from "../maybe.ts";
import type { Inspected } from "../store.ts";
import type { MaybePromise, ReadOptions, ReadResult, Touch, Write, WriteResult } from "../tier.ts";
import { TierAccess } from "./access.ts";
import { batched, joinExisted, joinReads, joinWrites } from "./batches.ts";
import { NO_LEASE } from "./leases.ts";
import { undone } from "./partial-faults.ts";

/** Nothing was refused. */
const STORED: WriteResult = { sequence: 0 };

/** A tier and what is done to its entries. */
export class Layer extends TierAccess {
  readonly #cap: number = tierTtl(this.tier.options ?? {});
  readonly #maxBatch: number = this.tier.capabilities.maxBatch ?? Infinity;

  /**
   * Where the tier cannot be told what it missed (a full disk, a file that became read-only), or has missed more meanwhile,
   * those keys alone are misses.
   */
  read(keys: readonly string[], options: ReadOptions): MaybePromise<ReadResult | TierError> {
    if (!this.missed.isAny) return this.#read(keys, options);
    return then(this.missed.replay(options.now, false), (fault) => {
      if (!this.missed.isAny) return this.#read(keys, options);
      if (this.missed.isUnbounded) return fault ?? this.missed.busy();
      const known = keys.map((key) => !this.missed.has(this.prefix.text + key));
      const answer = this.#read(
        keys.filter((_, i) => known[i]),
        options,
      );
      return then(answer, (result) => {
        if (result instanceof TierError) return result;
        const { entries, sequence, leases } = result;
        const spread = <T>(some: readonly T[], missing?: T): (T | undefined)[] => {
          let at = 0;
          return known.map((isKnown) => (isKnown ? some[at++] : missing));
        };
        return { entries: spread(entries), sequence, leases: leases && spread(leases, NO_LEASE) };
      });
    });
  }

  #read(keys: readonly string[], options: ReadOptions): MaybePromise<ReadResult | TierError> {
    const { lease = 0 } = options;
    const lost = () => this.missed.addLeases(this.prefix.whole(keys));
    const read = this.guard.run(
      "getMany",
      () => batched(this.prefix.whole(keys), this.#maxBatch, (some) => this.face.getMany(some, options), joinReads),
      // What was given by then is given back a second time.
      lease > 0 ? lost : undefined,
    );
    if (this.prefix.text === "" && !(lease > 0)) return read;
    return then(read, (answer) => {
      if (!(answer instanceof TierError)) return this.#stripTags(answer);
      if (lease > 0) lost();
      return answer;
    });
  }

  #stripTags(result: ReadResult): ReadResult {
    const { entries, sequence, leases } = result;
    if (this.prefix.text === "" || !entries.some((entry) => entry && entry.tags.length > 0)) return result;
    return { entries: entries.map((entry) => entry && this.prefix.takeFrom(entry)), sequence, leases };
  }

  /** Does what can fail because of a value. */
  prepare(writes: readonly Write[], now: number): MaybePromise<readonly Write[]> {
    return this.tier.options?.write === "around"
      ? writes.map((write) => this.#adapt(write, now))
      : this.#encode(writes, now);
  }

  #encode(writes: readonly Write[], now: number): MaybePromise<readonly Write[]> {
    const adapted =
      this.prefix.text === "" && this.#cap === Infinity ? writes : writes.map((write) => this.#adapt(write, now));
    return this.tier.prepare ? this.tier.prepare(adapted) : adapted;
  }

  /** Writes what {@linkcode prepare} answered. */
  write(prepared: readonly Write[], now: number): MaybePromise<WriteResult | TierError> {
    if (prepared.length === 0) return STORED;
    if (this.tier.options?.write === "around")
      return then(
        this.#deleteWhole(
          prepared.map(({ key }) => key),
          now,
        ),
        (answer) => (answer instanceof TierError ? answer : STORED),
      );
    const lasting = prepared.filter(({ entry }) => this.#isLasting(entry, now));
    const brief = lasting.length === prepared.length ? [] : prepared.filter((write) => !lasting.includes(write));
    return then(
      brief.length === 0
        ? undefined
        : this.#deleteWhole(
            brief.map(({ key }) => key),
            now,
          ),
      () => (lasting.length === 0 ? STORED : this.#store(lasting, now)),
    );
  }

  /** Whether a tier that cannot keep brief entries can keep this one. */
  #isLasting({ staleUntil }: Pick<Entry, "staleUntil">, now: number): boolean {
    return staleUntil - now >= (this.tier.capabilities.minTtl ?? -Infinity);
  }

  #store(writes: readonly Write[], now: number): MaybePromise<WriteResult | TierError> {
    const stored = this.#set(writes, now, "setMany");
    return then(stored, (answer) => {
      // The tier may hold the older value.
      if (answer instanceof TierError) {
        this.#miss(
          answer,
          writes.map(({ key }) => key),
        );
        return answer;
      }
      const { sequence, refused = [] } = answer;
      this.counters.sets += writes.length - refused.length;
      return refused.length === 0 ? answer : { sequence, refused: refused.map((key) => this.strip(key)) };
    });
  }

  #set(writes: readonly Write[], now: number, operation: string): MaybePromise<WriteResult | TierError> {
    const keys = writes.map(({ key }) => key);
    return this.missed.ready(
      now,
      operation,
      () => batched(writes, this.#maxBatch, (some) => this.face.setMany(some, now), joinWrites),
      keys,
      // By then the tier may have been given something newer.
      () => this.missed.arrived(keys),
    );
  }

  /** Copies entries up into this tier, with the time that they have left. */
  promote(writes: readonly Write[], now: number): MaybePromise<boolean> {
    try {
      return then(
        this.#encode(
          writes.filter(({ entry }) => this.#isLasting(entry, now)),
          now,
        ),
        (prepared) =>
          then(
            prepared.length === 0 ? STORED : this.#set(prepared, now, "promotion"),
            (answer) => !(answer instanceof TierError),
          ),
      );
    } catch {
      return false;
    }
  }

  delete(keys: readonly string[], now: number): MaybePromise<readonly boolean[] | TierError> {
    return this.#deleteWhole(this.prefix.whole(keys), now);
  }

  #deleteWhole(keys: readonly string[], now: number): MaybePromise<readonly boolean[] | TierError> {
    const run = () => batched(keys, this.#maxBatch, (some) => this.face.deleteMany(some, now), joinExisted);
    const deleted = this.missed.ready(now, "deleteMany", run, keys);
    return then(deleted, (answer) => {
      if (answer instanceof TierError) this.#miss(answer, keys);
      else if (!this.tier.usage) this.counters.deletes += answer.filter(Boolean).length;
      return answer;
    });
  }

  touch(touches: readonly Touch[], now: number): MaybePromise<readonly boolean[] | TierError> {
    const whole = touches.map(({ key, freshUntil, staleUntil }) => ({
      key: this.prefix.text + key,
      freshUntil: Math.min(freshUntil, now + this.#cap),
      staleUntil: Math.min(staleUntil, now + this.#cap),
    }));
    const keys = whole.map(({ key }) => key);
    if (!whole.every((touch) => touch.freshUntil === 0 || this.#isLasting(touch, now)))
      return this.#deleteWhole(keys, now);
    const touched = this.missed.ready(
      now,
      "touchMany",
      () => batched(whole, this.#maxBatch, (some) => this.#touch(some, now), joinExisted),
      keys,
      () => this.missed.arrived(keys),
    );
    return then(touched, (answer) => {
      // The entry would outlive its new deadline.
      if (answer instanceof TierError) this.missed.add(keys);
      return answer;
    });
  }

  /** What the tier was not told of a call. Of several batches that failed one tells its fault. */
  #miss({ cause }: TierError, keys: readonly string[]): void {
    this.missed.add(keys.length > this.#maxBatch ? keys : undone(cause, keys));
  }

  #touch(touches: readonly Touch[], now: number): MaybePromise<readonly boolean[]> {
    if (this.tier.touchMany) return this.face.touchMany!(touches, now);
    // A store that cannot move a deadline gets the entry written again, unless that was invalidated.
    return then(
      this.face.getMany(
        touches.map(({ key }) => key),
        { now, peek: true },
      ),
      ({ entries }) => {
        const writes = touches.flatMap(({ key, ...times }, i) =>
          entries[i]?.freshUntil ? [{ key, entry: { ...entries[i], ...times } }] : [],
        );
        const prepared = this.tier.prepare ? this.tier.prepare(writes) : writes;
        return then(
          then(prepared, (some) => this.face.setMany(some, now)),
          () => entries.map((entry) => Boolean(entry?.freshUntil)),
        );
      },
    );
  }

  /** What is under a key, and where the tier tells it, what has become of its tags. */
  inspect(key: string, now: number): MaybePromise<Pick<Inspected, "entry" | "known"> | TierError> {
    const { tier } = this;
    if (!tier.inspect || this.missed.isAny)
      return then(this.read([key], { now, peek: true, metaOnly: true }), (answer) =>
        answer instanceof TierError ? answer : { entry: answer.entries[0] },
      );
    const inspected = this.guard.run("inspect", () => tier.inspect!(this.prefix.text + key));
    return then(inspected, (answer) => {
      if (!answer || answer instanceof TierError) return answer ?? {};
      const { entry, ...known } = answer;
      return { entry: this.prefix.takeFrom(entry), known };
    });
  }

  #adapt({ key, entry, ...rest }: Write, now: number): Write {
    return {
      key: this.prefix.text + key,
      entry: this.prefix.addTo(endingBy(entry, now + this.#cap)),
      ...rest,
    };
  }
}
