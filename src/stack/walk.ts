/**
 * A read on its way down the layers, until one has a fresh entry.
 *
 * @module
 */
import type { Entry } from "../entry.ts";
import { TierError } from "../errors.ts";
import { then } from "../maybe.ts";
import { type Found, judge, type StoreReadOptions } from "../store.ts";
import type { MaybePromise, ReadResult } from "../tier.ts";
import type { Layer } from "./layer.ts";
import { NO_LEASE } from "./leases.ts";
import type { Ranks } from "./ranks.ts";

/** What was found so far, and the steps to find more. */
export class Walk {
  readonly found: (Found | undefined)[];
  /** Where the authority gave some. */
  leases: (number | undefined)[] | undefined;
  sequence: number;
  fault: TierError | undefined;
  readonly #ranks: Ranks;
  readonly #keys: readonly string[];
  readonly #options: StoreReadOptions;
  readonly #isLeasing: boolean;
  readonly #now: number;

  /** @param gives whether the authority gives leases */
  constructor(ranks: Ranks, keys: readonly string[], options: StoreReadOptions, gives: boolean, now: number) {
    this.found = keys.map(() => undefined);
    this.sequence = ranks.ledger.latest;
    this.#ranks = ranks;
    this.#keys = keys;
    this.#options = options;
    this.#isLeasing = gives && (options.lease ?? 0) > 0;
    this.#now = now;
  }

  /** Asks one layer after the other for what is not yet found fresh. */
  down(layers: readonly Layer[], at = 0): MaybePromise<void> {
    const layer = layers[at];
    if (!layer) return;
    const asked: number[] = [];
    this.found.forEach((found, i) => {
      if (!found || found.stale) asked.push(i);
    });
    if (asked.length === 0) return;
    const { metaOnly = false, peek = false, sequence = false, lease = 0, refresh = false } = this.#options;
    const isAuthority = layer === this.#ranks.authority;
    const isLeasing = isAuthority && this.#isLeasing;
    const answer = layer.read(
      asked.map((i) => this.#keys[i]!),
      {
        now: this.#now,
        metaOnly,
        peek,
        sequence: sequence && isAuthority,
        ...(isLeasing && { lease, refresh }),
      },
    );
    return then(answer, (result) => {
      if (isLeasing) this.#lease(asked, result);
      if (result instanceof TierError) this.fault ??= result;
      else this.#take(asked, result, layer);
      return this.down(layers, at + 1);
    });
  }

  /** One that cannot give leases now has what is loaded refused, should it have had others by then. */
  #lease(asked: readonly number[], result: ReadResult | TierError): void {
    const given = result instanceof TierError ? undefined : result.leases;
    const leases: (number | undefined)[] = (this.leases = this.#keys.map(() => undefined));
    asked.forEach((i, j) => {
      leases[i] = given ? given[j] : NO_LEASE;
    });
  }

  #take(asked: readonly number[], { sequence, entries }: ReadResult, layer: Layer): void {
    this.sequence = Math.max(this.sequence, sequence ?? 0);
    this.#ranks.ledger.observe(sequence);
    asked.forEach((i, j) => {
      this.found[i] = this.#better(this.found[i], layer, entries[j]);
    });
  }

  /** A stale entry further down is no better than the one above, unless another process has refreshed it. */
  #better(known: Found | undefined, layer: Layer, entry: Entry | undefined): Found | undefined {
    const { engine, ledger } = this.#ranks;
    const { version, peek } = this.#options;
    const state = entry && layer.notes.isUnknown(entry) ? undefined : judge(entry, version, engine, this.#now);
    ledger.observe(entry?.sequence);
    if (!peek) layer.counters[state ? "hits" : "misses"]++;
    if (!state || (known && state === "stale" && entry!.createdAt <= known.entry.createdAt)) return known;
    return { entry: entry!, tier: layer.name, stale: state === "stale" };
  }
}
