/**
 * The stack of tiers. A read goes down until a tier has a fresh entry, and what it finds is copied up; a write goes to
 * the shared tiers first and to this process's memory last, so that memory never has what the tiers below refused.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Entry } from "../entry.ts";
import { ConfigError, TierError } from "../errors.ts";
import { all, finalize, then } from "../maybe.ts";
import { sharedPrefix } from "../options.ts";
import { type LayerCounters, newLayerCounters, type TierStats } from "../stats.ts";
import {
  type Findings,
  type Found,
  hasTags,
  judge,
  type Store,
  type StoreFactory,
  type StoreReadOptions,
  sequenced,
} from "../store.ts";
import type { InvalidationMode, MaybePromise, TagMatch, Tier, Touch, Write } from "../tier.ts";
import { Layer } from "./layer.ts";
import { byteLength, mayBegin, shortenKey } from "./long-key.ts";
import { promote } from "./promote.ts";
import { readOnly } from "./read-only.ts";
import { TagLedger } from "./tag-ledger.ts";
import { Traffic } from "./traffic.ts";
import { writeBehind } from "./write-behind.ts";

/** Most expired entries removed from a tier in one step, so that a sweep never holds up other work for long. */
const PRUNE_STEP = 1_000;

/** Keys of one page of a listing. */
const PAGE = 500;

/** {@linkcode StoreFactory} of every finished tier. */
export const newStack: StoreFactory = (tiers, engine) =>
  new Stack(
    tiers.map((tier) =>
      tier.capabilities.readOnly ? readOnly(tier) : tier.options?.write === "behind" ? writeBehind(tier) : tier,
    ),
    engine,
  );

interface Walk {
  readonly found: (Found | undefined)[];
  sequence: number;
  fault: TierError | undefined;
}

class Stack implements Store {
  readonly tiers: readonly Tier[];
  readonly counters: LayerCounters;
  readonly #engine: Engine;
  readonly #layers: readonly Layer[];
  /** The lowest tier that keeps tag sequences. */
  readonly #authority: Layer | undefined;
  /** Tiers that others see too; the authority, if it is one, comes first on writes. */
  readonly #shared: readonly Layer[];
  readonly #private: readonly Layer[];

  readonly #traffic = new Traffic();
  readonly #ledger = new TagLedger();

  /** @throws {ConfigError} for two tiers of one name, or a wrong option of a tier */
  constructor(tiers: readonly Tier[], engine: Engine) {
    this.tiers = tiers;
    this.#engine = engine;
    engine.isAuthority = false;
    engine.ledger = this.#ledger;
    this.#layers = tiers.map((tier, index) => this.#newLayer(tier, tiers.slice(0, index)));
    this.counters = this.#layers[0]!.counters;
    this.#authority = this.#layers.findLast(({ tier }) => tier.capabilities.tags && !tier.capabilities.readOnly);
    this.#shared = this.#layers.filter((layer) => !layer.isPrivate);
    this.#private = this.#layers.filter((layer) => layer.isPrivate);
    // Tiers without an authority have entries from earlier processes, whose invalidations nobody remembers.
    if (!this.#authority && this.#shared.some(({ tier }) => !tier.capabilities.readOnly))
      this.#ledger.raise(engine.now());
    const limit =
      Math.min(...tiers.map(({ capabilities }) => capabilities.maxKeyBytes ?? Infinity)) -
      byteLength(sharedPrefix(engine.options));
    if (limit !== Infinity) {
      // A UTF-16 unit takes at most three bytes: most keys need no counting.
      engine.mayBegin = mayBegin;
      engine.fit = (text, prefix) =>
        (prefix.length + text.length) * 3 <= limit ? text : shortenKey(text, limit - byteLength(prefix));
    }
    for (const layer of this.#layers) layer.open(engine);
  }

  #newLayer(tier: Tier, above: readonly Tier[]): Layer {
    const engine = this.#engine;
    const { options } = engine;
    if (above.some(({ name }) => name === tier.name)) {
      throw new ConfigError("tiers", `Cannot use tiers as their names must differ: received two named ${tier.name}`);
    }
    const slower = above.find(({ capabilities }) => !capabilities.local && tier.capabilities.local);
    if (slower) options.logger?.warn(`Tier ${slower.name} comes before ${tier.name}, which is faster`);
    const counters = newLayerCounters();
    return new Layer(tier, above.length, options, counters, {
      fault: (error, operation) => {
        counters.errors++;
        options.logger?.error(error.message, error.cause);
        engine.emit("error", () => ({ error, operation, tier: tier.name }));
      },
      breaker: (state) => {
        options.logger?.warn(`Breaker of tier ${tier.name} is ${state}`);
        engine.emit("breaker", () => ({ tier: tier.name, state }));
      },
    });
  }

  read(keys: readonly string[], options: StoreReadOptions): MaybePromise<Findings> {
    const engine = this.#engine;
    const now = engine.now();
    const walk: Walk = { found: keys.map(() => undefined), sequence: engine.ledger.latest, fault: undefined };
    const layers = this.#only(options.tier);
    const ticket = engine.fence.enter();
    const walked = then(this.#walk(layers, 0, keys, options, walk, now), (): Findings => {
      if (options.promote !== false && !options.peek && layers.length > 1) {
        promote(layers, keys, walk.found, ticket, now, engine, this.#traffic);
      }
      return this.#throws ? walk : { found: walk.found, sequence: walk.sequence };
    });
    return finalize(walked, () => engine.fence.leave());
  }

  get #throws(): boolean {
    return this.#engine.options.onError === "throw";
  }

  /** What a layer could not do was counted and reported by its guard; whether the caller sees it as well is an option. */
  #throwFirst(answers: readonly unknown[]): void {
    const fault = answers.find((answer) => answer instanceof TierError);
    if (fault && this.#throws) throw fault;
  }

  /** Asks one layer after the other for what is not yet found fresh. */
  #walk(
    layers: readonly Layer[],
    at: number,
    keys: readonly string[],
    options: StoreReadOptions,
    walk: Walk,
    now: number,
  ): MaybePromise<void> {
    const layer = layers[at];
    if (!layer) return;
    const asked = keys.map((_, i) => i).filter((i) => !walk.found[i] || walk.found[i].stale);
    if (asked.length === 0) return;
    const { metaOnly = false, peek = false, sequence = false } = options;
    const answer = layer.read(
      asked.map((i) => keys[i]!),
      { now, metaOnly, peek, sequence: sequence && layer === this.#authority },
    );
    return then(answer, (result) => {
      if (result instanceof TierError) walk.fault ??= result;
      else {
        walk.sequence = Math.max(walk.sequence, result.sequence ?? 0);
        this.#ledger.observe(result.sequence);
        asked.forEach((i, j) => {
          walk.found[i] = this.#better(walk.found[i], layer, result.entries[j], options, now);
        });
      }
      return this.#walk(layers, at + 1, keys, options, walk, now);
    });
  }

  /** A stale entry further down is no better than the one above, unless another process has refreshed it. */
  #better(
    known: Found | undefined,
    layer: Layer,
    entry: Entry | undefined,
    { version, peek }: StoreReadOptions,
    now: number,
  ): Found | undefined {
    const state = judge(entry, version, this.#engine, now);
    this.#ledger.observe(entry?.sequence);
    if (!peek) layer.counters[state ? "hits" : "misses"]++;
    if (!state || (known && state === "stale" && entry!.createdAt <= known.entry.createdAt)) return known;
    return { entry: entry!, tier: layer.name, stale: state === "stale" };
  }

  write(writes: readonly Write[], ticket?: number): MaybePromise<void> {
    const { fence } = this.#engine;
    const now = this.#engine.now();
    const done = then(all(this.#layers.map((layer) => layer.prepare(writes, now))), (prepared) => {
      const keys = writes.map(({ key }) => key);
      if (ticket === undefined) for (const key of keys) fence.mark(key);
      const landed = ticket === undefined ? this.#traffic.landed(keys) : undefined;
      const stands = ticket === undefined ? undefined : keys.map((key) => fence.passes(key, ticket));
      const standing = <T>(some: readonly T[]): readonly T[] => (stands ? some.filter((_, i) => stands[i]) : some);
      const own = fence.enter();
      const stored = then(landed, () => this.#store(prepared.map(standing), standing(keys), own, now));
      if (ticket !== undefined) this.#traffic.land(keys, stored);
      return then(
        finalize(stored, () => fence.leave()),
        (answers) => this.#throwFirst(answers),
      );
    });
    return ticket === undefined ? this.#traffic.mutate(done) : done;
  }

  /** Shared tiers first, of these the authority, since its sequence goes into the others; this process's memory last. */
  #store(
    prepared: readonly (readonly Write[])[],
    keys: readonly string[],
    ticket: number,
    now: number,
  ): MaybePromise<readonly unknown[]> {
    if (keys.length === 0) return [];
    const { fence, ledger } = this.#engine;
    const [first, ...others] =
      this.#authority && !this.#authority.isPrivate
        ? [this.#authority, ...this.#shared.filter((layer) => layer !== this.#authority)]
        : [undefined, ...this.#shared];
    return then(first?.write(prepared[first.index]!, now), (answer) => {
      const sequence = typeof answer === "number" && answer > 0 ? answer : ledger.latest;
      this.#ledger.observe(sequence);
      return then(
        all(others.map((layer) => layer!.write(sequenced(prepared[layer!.index]!, sequence), now))),
        (answers) => {
          const stands = keys.map((key) => fence.passes(key, ticket));
          for (const key of keys) fence.mark(key);
          const privately = this.#private.map((layer) =>
            this.#storePrivate(layer, sequenced(prepared[layer.index]!, sequence), keys, stands, now),
          );
          return then(all(privately), () => [answer, ...answers]);
        },
      );
    });
  }

  #storePrivate(
    layer: Layer,
    writes: readonly Write[],
    keys: readonly string[],
    stands: readonly boolean[],
    now: number,
  ): MaybePromise<unknown> {
    if (!stands.includes(false)) return layer.write(writes, now);
    // Overtaken by another mutation while the tiers below were busy: whichever came last there is the truth.
    const overtaken = layer.delete(
      keys.filter((_, i) => !stands[i]),
      now,
    );
    return then(overtaken, () =>
      layer.write(
        writes.filter((_, i) => stands[i]),
        now,
      ),
    );
  }

  delete(keys: readonly string[], tier?: string): MaybePromise<boolean[]> {
    const { fence } = this.#engine;
    const now = this.#engine.now();
    // A private tier keeps no tags, so whether its entries are live is for us to tell.
    const known = then(
      all(this.#private.map(({ name }) => this.read(keys, { peek: true, metaOnly: true, version: null, tier: name }))),
      (answers) =>
        keys.map((_, i) =>
          answers.some(({ found }, j) => found[i] && (tier ?? this.#private[j]!.name) === this.#private[j]!.name),
        ),
    );
    const mark = () => {
      for (const key of keys) fence.mark(key);
    };
    const deleted = then(known, (existed) =>
      then(
        this.#sweep(
          mark,
          () => this.#traffic.landed(keys),
          (layer) => layer.delete(keys, now),
          tier,
        ),
        (answers) => {
          for (const answer of answers) {
            if (answer instanceof TierError) continue;
            answer.forEach((live, i) => {
              existed[i] ||= live;
            });
          }
          this.#throwFirst(answers);
          return existed;
        },
      ),
    );
    return this.#traffic.mutate(deleted);
  }

  /**
   * Removes from private layers, then from the shared ones, and once more from the private ones, since a read that
   * began meanwhile may have copied the old entry up. Answers with what the shared layers answered.
   */
  #sweep<T>(
    mark: () => void,
    landed: () => MaybePromise<unknown>,
    remove: (layer: Layer) => MaybePromise<T | TierError>,
    tier?: string,
  ): MaybePromise<(T | TierError)[]> {
    const layers = this.#only(tier);
    const swept = () => {
      mark();
      return all(layers.filter(({ isPrivate }) => isPrivate).map(remove));
    };
    return then(swept(), (first) => {
      const shared = layers.filter(({ isPrivate }) => !isPrivate);
      if (shared.length === 0) return first.filter((answer) => answer instanceof TierError);
      return then(
        then(landed(), () => all(shared.map(remove))),
        (answers) => then(swept(), () => answers),
      );
    });
  }

  touch(touch: Touch): MaybePromise<boolean> {
    return then(this.#traffic.mutated(), () => {
      const now = this.#engine.now();
      const touched = all(this.#layers.map((layer) => layer.touch([touch], now)));
      this.#traffic.land([touch.key], touched);
      return then(touched, (answers) => answers.some((answer) => !(answer instanceof TierError) && answer[0] === true));
    });
  }

  clear(prefix: string, tier?: string): MaybePromise<void> {
    const now = this.#engine.now();
    const cleared = this.#sweep(
      () => this.#engine.fence.markAll(),
      () => this.#traffic.landed(),
      (layer) => layer.clear(prefix, now),
      tier,
    );
    return this.#traffic.mutate(then(cleared, (answers) => this.#throwFirst(answers)));
  }

  /** In the authority first, then in this process's ledger. */
  invalidate(tags: readonly string[], match: TagMatch, mode: InvalidationMode): MaybePromise<void> {
    const { ledger } = this.#engine;
    const bumped = this.#authority
      ? this.#authority.invalidate(tags, match, mode, ledger.next() - 1, this.#engine.now())
      : ledger.next();
    const done = then(bumped, (answer) => {
      const sequence = answer instanceof TierError ? ledger.next() : answer;
      if (match === "any") ledger.record(tags, mode, sequence);
      // Other tiers that keep tags outlive this process, whose ledger does not.
      const others = this.#layers.filter(
        (layer) => layer !== this.#authority && layer.tier.capabilities.tags && !layer.tier.capabilities.readOnly,
      );
      const told = all(others.map((layer) => layer.invalidate(tags, match, mode, sequence - 1, this.#engine.now())));
      return then(told, (answers) =>
        then(match === "any" ? undefined : this.#invalidateEach(tags, match, mode), () =>
          this.#throwFirst([answer, ...answers]),
        ),
      );
    });
    return this.#traffic.mutate(done);
  }

  /** `all` and `exact` are no single number: the layers that keep no tags are looked through. */
  async #invalidateEach(tags: readonly string[], match: TagMatch, mode: InvalidationMode): Promise<void> {
    this.#engine.fence.markAll();
    // Private layers come last, since a read that began meanwhile may have copied an old entry up.
    for (const layer of [...this.#shared, ...this.#private]) {
      if (layer === this.#private[0]) this.#engine.fence.markAll();
      if (layer.tier.capabilities.tags) continue;
      if (!layer.tier.capabilities.keys) {
        await layer.clear("", this.#engine.now());
        continue;
      }
      for await (const page of this.pages("", layer.name, true)) {
        const now = this.#engine.now();
        const answer = await layer.read(page, { now, metaOnly: true, peek: true });
        if (answer instanceof TierError) layer.forget();
        const entries = answer instanceof TierError ? [] : answer.entries;
        const hit = entries.flatMap((entry, i) =>
          entry && hasTags(entry, tags, match) ? [{ key: page[i]!, ...entry }] : [],
        );
        if (mode === "expire")
          await layer.touch(
            hit.map(({ key, staleUntil }) => ({ key, freshUntil: 0, staleUntil })),
            now,
          );
        else
          await layer.delete(
            hit.map(({ key }) => key),
            now,
          );
      }
    }
  }

  async *pages(prefix: string, tier?: string, complete?: boolean): AsyncGenerator<readonly string[]> {
    const blind = complete && this.#only(tier).find((layer) => !layer.tier.capabilities.keys);
    if (blind) throw new TierError(blind.name, `Cannot find all keys as tier ${blind.name} cannot list them`);
    if (complete) await this.#traffic.landed();
    const faults: TierError[] = [];
    const seen = new Set<string>();
    for (const layer of this.#only(tier)) {
      if (!layer.tier.capabilities.keys) continue;
      let cursor: string | undefined;
      do {
        const page = await layer.scan(prefix, cursor, PAGE, this.#engine.now());
        if (page instanceof TierError) {
          if (complete) layer.forget();
          faults.push(page);
          break;
        }
        cursor = page.cursor;
        const keys = [...new Set(page.keys.map((key) => layer.strip(key)))].filter((key) => !seen.has(key));
        for (const key of keys) seen.add(key);
        yield layer.tier.capabilities.tags || complete ? keys : await this.#live(layer, keys);
      } while (cursor !== undefined);
    }
    if (complete) this.#throwFirst(faults);
  }

  /** A tier that keeps no tags lists entries whose tags were invalidated. */
  async #live(layer: Layer, keys: readonly string[]): Promise<readonly string[]> {
    const { found } = await this.read(keys, { peek: true, metaOnly: true, version: null, tier: layer.name });
    return keys.filter((_, i) => found[i]);
  }

  count(prefix: string, tier?: string): MaybePromise<number | undefined> {
    const [only, another] = this.#only(tier);
    if (another || !only!.tier.capabilities.tags || !only!.tier.capabilities.keys) return undefined;
    const now = this.#engine.now();
    // What is in namespaces inside begins with the space's prefix and an @.
    return then(all([only!.size(prefix, now), only!.size(`${prefix}@`, now)]), ([size, inside]) =>
      size instanceof TierError || inside instanceof TierError ? 0 : size! - inside!,
    );
  }

  async prune(steps: number): Promise<readonly string[]> {
    const pruned = new Set<string>();
    for (const layer of this.#layers) {
      for (let step = 0; step < steps; step++) {
        const answer = await layer.prune(PRUNE_STEP, this.#engine.now());
        if (answer instanceof TierError) break;
        for (const key of answer.keys) {
          pruned.add(key);
          // A private tier has told of it already.
          if (!layer.isPrivate) this.#engine.left(layer.name, key, "ttl");
        }
        if (answer.removed < PRUNE_STEP) break;
      }
    }
    return [...pruned];
  }

  stats(): TierStats[] {
    return this.#layers.map(({ name, counters, guard, tier }) => ({
      name,
      ...counters,
      breaker: guard.state,
      ...tier.usage?.(),
    }));
  }

  resetStats(): void {
    for (const { counters } of this.#layers) Object.assign(counters, newLayerCounters());
  }

  /** A tier that fails to close is reported. */
  close(): MaybePromise<void> {
    return then(all(this.#layers.map(({ guard, tier }) => guard.run("close", () => tier.close?.()))), () => {});
  }

  #only(tier: string | undefined): readonly Layer[] {
    return tier === undefined ? this.#layers : this.#layers.filter(({ name }) => name === tier);
  }
}
