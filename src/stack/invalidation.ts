/**
 * Invalidation by tag, our own and that of others.
 *
 * @module
 */
import { TierError } from "../errors.ts";
import { all, then } from "../maybe.ts";
import { hasTags } from "../store.ts";
import type { Change, InvalidationMode, MaybePromise, TagMatch } from "../tier.ts";
import type { Layer } from "./layer.ts";
import { pages } from "./pages.ts";
import { type Ranks, throwFirst } from "./ranks.ts";

/** In the authority first, then in this process's ledger. Answers with the sequence. */
export function invalidate(
  ranks: Ranks,
  tags: readonly string[],
  match: TagMatch,
  mode: InvalidationMode,
): MaybePromise<number> {
  const { engine, ledger, authority, traffic } = ranks;
  const bumped = authority ? authority.invalidate(tags, match, mode, ledger.next() - 1, engine.now()) : ledger.next();
  return then(bumped, (answer) => {
    const sequence = answer instanceof TierError ? ledger.next() : answer;
    if (match === "any") ledger.record(tags, mode, sequence);
    // Other tiers that keep tags outlive this process, whose ledger does not.
    const others = keepers(ranks.all).filter((layer) => layer !== authority);
    const told = all(others.map((layer) => layer.invalidate(tags, match, mode, sequence - 1, engine.now())));
    return then(told, (answers) =>
      then(
        match === "any" ? undefined : then(traffic.landed(), () => invalidateEach(ranks, ranks.all, tags, match, mode)),
        () => {
          throwFirst(engine, [answer, ...answers]);
          return sequence;
        },
      ),
    );
  });
}

/** Takes what others have changed out of the tiers that do not see it. */
export function drop(ranks: Ranks, changes: readonly Change[]): MaybePromise<void> {
  const { engine, ledger, unaware } = ranks;
  const { fence, loads, store } = engine;
  const now = engine.now();
  const work: MaybePromise<unknown>[] = [];
  const keys = [...new Set(changes.flatMap((change) => (change.by === "keys" ? change.keys : [])))];
  if (keys.length > 0) {
    for (const key of keys) fence.mark(key);
    loads.detach(keys);
    work.push(...unaware.map((layer) => layer.delete(keys, now)));
    store.leases?.wake(keys);
  }
  for (const change of changes) {
    if (change.by === "prefix") {
      fence.markAll();
      loads.detachWhere((key) => key.startsWith(change.prefix));
      work.push(...unaware.map((layer) => layer.clear(change.prefix, now)));
      store.leases?.wake();
    } else if (change.by === "tags") {
      const { tags, match, mode, sequence } = change;
      if (match === "any") ledger.record(tags, mode, sequence);
      else {
        loads.detachWhere(() => true);
        work.push(invalidateEach(ranks, unaware, tags, match, mode));
      }
      work.push(...keepers(unaware).map((layer) => layer.invalidate(tags, match, mode, sequence - 1, now)));
    }
  }
  return then(all(work), () => {});
}

/** Layers whose tier keeps tags itself. */
function keepers(layers: readonly Layer[]): Layer[] {
  return layers.filter(({ tier }) => tier.capabilities.tags && !tier.capabilities.readOnly);
}

/** `all` and `exact` are no single number: the layers that keep no tags are looked through. */
async function invalidateEach(
  ranks: Ranks,
  layers: readonly Layer[],
  tags: readonly string[],
  match: TagMatch,
  mode: InvalidationMode,
): Promise<void> {
  const { fence } = ranks.engine;
  fence.markAll();
  // Private layers come last, since a read that began meanwhile may have copied an old entry up.
  for (const layer of [...layers].sort((a, b) => Number(a.isPrivate) - Number(b.isPrivate))) {
    if (layer.isPrivate) fence.markAll();
    if (layer.tier.capabilities.tags) continue;
    if (!layer.tier.capabilities.keys) {
      await layer.clear("", ranks.engine.now());
      continue;
    }
    for await (const page of pages(ranks, [layer], "", true)) {
      const now = ranks.engine.now();
      const answer = await layer.read(page, { now, metaOnly: true, peek: true });
      if (answer instanceof TierError) layer.forget();
      const entries = answer instanceof TierError ? [] : answer.entries;
      const hit = entries.flatMap((entry, i) =>
        entry && hasTags(entry, tags, match) ? [{ key: page[i]!, ...entry }] : [],
      );
      const touches = hit.map(({ key, staleUntil }) => ({ key, freshUntil: 0, staleUntil }));
      if (mode === "expire") await layer.touch(touches, now);
      else
        await layer.delete(
          hit.map(({ key }) => key),
          now,
        );
    }
  }
}
