/**
 * Doing what others tell, where no journal can be asked.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { NO_TAGS } from "../entry.ts";
import { listKeys } from "../listing.ts";
import { all, then } from "../maybe.ts";
import { Space } from "../space.ts";
import { eachPage, type Store } from "../store.ts";
import type { Change, MaybePromise } from "../tier.ts";
import { EVERYTHING, type News, patternOf } from "./message.ts";

/** How far ahead of what is known here a sequence may be, in milliseconds: sequences follow the clocks of all machines. */
const FARTHEST = 86_400_000;

/** Takes what was changed out of the memory of a cache. */
export function apply(news: readonly News[], store: Store, engine: Engine): MaybePromise<void> {
  const work: MaybePromise<void>[] = [];
  const changes: Change[] = [];
  for (const item of news) {
    if (item.by === "loads") store.leases?.wake(item.keys);
    else if (item.by === "pattern") work.push(dropMatching(item, store, engine));
    else changes.push(item.by === "tags" ? placed(item, store, engine) : item);
  }
  work.push(drop(changes, store, engine));
  return then(all(work), () => {});
}

function drop(changes: readonly Change[], store: Store, engine: Engine): MaybePromise<void> {
  return store.drop ? store.drop(changes) : dropAlone(changes, store, engine);
}

/** From a store of memory alone, which answers at once. */
function dropAlone(changes: readonly Change[], store: Store, { loads }: Engine): void {
  for (const change of changes) {
    if (change.by === "keys") {
      loads.detach(change.keys);
      void store.delete(change.keys);
    } else if (change.by === "prefix") {
      loads.detachWhere((key) => key.startsWith(change.prefix));
      void store.clear(change.prefix);
    } else {
      if (change.match !== "any") loads.detachWhere(() => true);
      // By a number of its own, so that all that it has or loads is older.
      void store.invalidate(change.tags, change.match, change.mode);
    }
  }
}

/**
 * An invalidation by tag with a sequence that means something here. Caches that share the tier which counts take its
 * number. Others have numbers of their own, and what they have is older than what they are told. A number that cannot be
 * true is never recorded, since it would make old what is not.
 */
function placed(change: Change & { by: "tags" }, { tiers }: Store, { ledger, options }: Engine): Change {
  const authority = tiers.findLast(({ capabilities }) => capabilities.tags && !capabilities.readOnly);
  const next = ledger.next();
  const isTrue = change.sequence <= Math.max(next, options.clock.now()) + FARTHEST;
  if (authority?.capabilities.shared) return isTrue ? change : EVERYTHING;
  return { ...change, sequence: isTrue ? Math.max(next, change.sequence) : next };
}

/** The sender has deleted those that it knew of; here there may be others. */
async function dropMatching(
  { prefix, pattern }: News & { by: "pattern" },
  store: Store,
  engine: Engine,
): Promise<void> {
  const space = engine.spaces.get(prefix) ?? new Space(prefix, engine, NO_TAGS);
  const fence = () => {
    engine.fence.markAll();
    engine.loads.detachWhere((text) => space.owns(text));
  };
  fence();
  for (const { name, capabilities } of store.tiers) {
    if (capabilities.shared || capabilities.durable) continue;
    if (!capabilities.keys) await drop([{ by: "prefix", prefix }], store, engine);
    else
      await eachPage(listKeys(space, { pattern: patternOf(pattern), tier: name }, true), (keys) =>
        drop([{ by: "keys", keys }], store, engine),
      );
  }
  fence();
}
