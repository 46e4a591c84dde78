/**
 * Listing the keys of the layers.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { TierError } from "../errors.ts";
import { all, then } from "../maybe.ts";
import type { Pages } from "../store.ts";
import type { MaybePromise, ScanResult } from "../tier.ts";
import type { Layer } from "./layer.ts";
import { type Ranks, throwFirst } from "./ranks.ts";

/** Keys of one page. */
const PAGE = 500;

/**
 * Live keys that begin with `prefix` in some layers, each once.
 *
 * @param complete whether it must be all of them, those that are being loaded included
 * @throws {TierError} when it must and a tier cannot list its keys
 */
export function pages(ranks: Ranks, layers: readonly Layer[], prefix: string, complete = false): Pages {
  const blind = complete && layers.find((layer) => !layer.tier.capabilities.keys);
  if (blind) throw new TierError(blind.name, `Cannot find all keys as tier ${blind.name} cannot list them`);
  return new LayerPages(ranks, layers, prefix, complete);
}

class LayerPages implements Pages {
  readonly #engine: Engine;
  readonly #options: Engine["options"];
  readonly #prefix: string;
  readonly #complete: boolean;
  /** Not yet looked through to the end. */
  readonly #layers: Layer[];
  readonly #faults: TierError[] = [];
  readonly #seen = new Set<string>();
  #cursor: string | undefined;

  constructor({ engine }: Ranks, layers: readonly Layer[], prefix: string, complete: boolean) {
    this.#engine = engine;
    this.#options = engine.options;
    this.#prefix = prefix;
    this.#complete = complete;
    this.#layers = layers.filter(({ tier }) => tier.capabilities.keys);
    // Memory comes last, since a read that began meanwhile may have copied up what is found nowhere else any more.
    if (complete) this.#layers.sort((a, b) => Number(a.isMemory) - Number(b.isMemory));
  }

  next(): MaybePromise<readonly string[] | undefined> {
    const [layer] = this.#layers;
    if (!layer) {
      if (this.#complete) throwFirst(this.#options, this.#faults);
      return undefined;
    }
    if (this.#complete && layer.isMemory && this.#cursor === undefined) this.#engine.fence.markAll(this.#prefix);
    const scanned = layer.scan({
      prefix: this.#prefix,
      cursor: this.#cursor,
      limit: PAGE,
      now: this.#engine.now(),
      ...(this.#complete && { leased: true }),
    });
    return then(scanned, (page) => this.#take(layer, page));
  }

  #take(layer: Layer, page: ScanResult | TierError): MaybePromise<readonly string[] | undefined> {
    const isFault = page instanceof TierError;
    this.#cursor = isFault ? undefined : page.cursor;
    if (this.#cursor === undefined) this.#layers.shift();
    if (isFault) {
      if (this.#complete) layer.forget();
      this.#faults.push(page);
      return this.next();
    }
    const keys = [...new Set(page.keys.map((key) => layer.strip(key)))].filter((key) => !this.#seen.has(key));
    for (const key of keys) this.#seen.add(key);
    if (layer.tier.capabilities.tags || this.#complete) return keys;
    // A tier that keeps no tags lists entries whose tags were invalidated.
    const live = { peek: true, metaOnly: true, version: null, tier: layer.name };
    return then(this.#engine.store.read(keys, live), ({ found }) => keys.filter((_, i) => found[i]));
  }
}

/** Number of live keys of the space with this `prefix`, where a tier can tell it without listing them. */
export function count(
  [only, another]: readonly Layer[],
  prefix: string,
  now: number,
): MaybePromise<number | undefined> {
  if (another || !only!.tier.capabilities.tags || !only!.tier.capabilities.keys) return undefined;
  // What is in namespaces inside begins with the space's prefix and an @.
  return then(all([only!.size(prefix, now), only!.size(`${prefix}@`, now)]), ([size, inside]) =>
    size instanceof TierError || inside instanceof TierError ? 0 : size! - inside!,
  );
}
