/**
 * Listing the keys of the layers.
 *
 * @module
 */
import { TierError } from "../errors.ts";
import { all, then } from "../maybe.ts";
import type { MaybePromise } from "../tier.ts";
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
export async function* pages(
  { engine }: Ranks,
  layers: readonly Layer[],
  prefix: string,
  complete?: boolean,
): AsyncGenerator<readonly string[]> {
  const blind = complete && layers.find((layer) => !layer.tier.capabilities.keys);
  if (blind) throw new TierError(blind.name, `Cannot find all keys as tier ${blind.name} cannot list them`);
  const faults: TierError[] = [];
  const seen = new Set<string>();
  // Private layers come last, since a read that began meanwhile may have copied up what is found nowhere else any more.
  const ordered = complete ? [...layers].sort((a, b) => Number(a.isPrivate) - Number(b.isPrivate)) : layers;
  for (const layer of ordered) {
    if (!layer.tier.capabilities.keys) continue;
    if (complete && layer.isPrivate) engine.fence.markAll();
    let cursor: string | undefined;
    do {
      const page = await layer.scan({
        prefix,
        cursor,
        limit: PAGE,
        now: engine.now(),
        ...(complete && { leased: true }),
      });
      if (page instanceof TierError) {
        if (complete) layer.forget();
        faults.push(page);
        break;
      }
      cursor = page.cursor;
      const keys = [...new Set(page.keys.map((key) => layer.strip(key)))].filter((key) => !seen.has(key));
      for (const key of keys) seen.add(key);
      if (layer.tier.capabilities.tags || complete) yield keys;
      else {
        // A tier that keeps no tags lists entries whose tags were invalidated.
        const live = { peek: true, metaOnly: true, version: null, tier: layer.name };
        const { found } = await engine.store.read(keys, live);
        yield keys.filter((_, i) => found[i]);
      }
    } while (cursor !== undefined);
  }
  if (complete) throwFirst(engine, faults);
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
