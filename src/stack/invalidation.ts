/**
 * Invalidation by tag, our own and that of others.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { TierError } from "../errors.ts";
import { all, isPromise, repeat, then } from "../maybe.ts";
import { eachPage, hasTags } from "../store.ts";
import type { Change, InvalidationMode, MaybePromise, TagMatch } from "../tier.ts";
import type { Layer } from "./layer.ts";
import { pages } from "./pages.ts";
import { type Ranks, throwFirst } from "./ranks.ts";

/** In the authority first, then in this process's ledger. Answers with the sequence. */
export function invalidate(
  ranks: Ranks,
  options: Engine["options"],
  tags: readonly string[],
  match: TagMatch,
  mode: InvalidationMode,
): MaybePromise<number> {
  const { engine, ledger, authority, traffic } = ranks;
  const bumped = authority ? authority.invalidate(tags, match, mode, ledger.next() - 1, engine.now()) : ledger.next();
  return then(bumped, (answer) => {
    const sequence = answer instanceof TierError ? ledger.next() : answer;
    if (match === "any") ledger.record(tags, mode, sequence);
    else ledger.observe(sequence);
    // Other tiers that keep tags outlive this process, whose ledger does not.
    const others = keepers(ranks.all).filter((layer) => layer !== authority);
    const told = all(others.map((layer) => layer.invalidate(tags, match, mode, sequence - 1, engine.now(), sequence)));
    return then(told, (answers) => {
      // Nothing that was loaded by now begins to be written while what is on its way is waited for.
      if (match !== "any") engine.fence.markAll();
      return then(
        match === "any" ? undefined : then(traffic.landed(), () => invalidateEach(ranks, ranks.all, tags, match, mode)),
        () => {
          throwFirst(options, [answer, ...answers]);
          return sequence;
        },
      );
    });
  });
}

/** Takes what others have changed out of the tiers that do not see it. */
export function drop(ranks: Ranks, changes: readonly Change[]): MaybePromise<void> {
  const { engine, ledger, unaware, memory } = ranks;
  const { fence, loads, store } = engine;
  const now = engine.now();
  const keys = [...new Set(changes.flatMap((change) => (change.by === "keys" ? change.keys : [])))];
  const prefixes = changes.flatMap((change) => (change.by === "prefix" ? [change.prefix] : []));
  const remove = (layers: readonly Layer[]): MaybePromise<unknown> => {
    for (const key of keys) fence.mark(key);
    if (prefixes.length > 0) fence.markAll();
    return all<unknown>([
      ...(keys.length > 0 ? layers.map((layer) => layer.delete(keys, now)) : []),
      ...prefixes.flatMap((prefix) => layers.map((layer) => layer.clear(prefix, now))),
    ]);
  };
  const removed = remove(unaware);
  // What was read while one of them took its time may be in memory.
  const work: MaybePromise<unknown>[] = [isPromise(removed) ? removed.then(() => remove(memory)) : removed];
  if (keys.length > 0) {
    loads.detach(keys);
    store.leases?.wake(keys);
  }
  for (const prefix of prefixes) loads.detachWhere((key) => key.startsWith(prefix));
  if (prefixes.length > 0) store.leases?.wake();
  for (const change of changes) {
    if (change.by !== "tags") continue;
    const { tags, match, mode, sequence } = change;
    if (match === "any") ledger.record(tags, mode, sequence);
    else {
      loads.detachWhere(() => true);
      work.push(invalidateEach(ranks, unaware, tags, match, mode));
    }
    work.push(...keepers(unaware).map((layer) => layer.invalidate(tags, match, mode, sequence - 1, now, sequence)));
  }
  return then(all(work), () => {});
}

/** Layers whose tier keeps tags itself. */
function keepers(layers: readonly Layer[]): Layer[] {
  return layers.filter(({ tier }) => tier.capabilities.tags && !tier.capabilities.readOnly);
}

/** `all` and `exact` are no single number: the layers that keep no tags are looked through. */
function invalidateEach(
  ranks: Ranks,
  layers: readonly Layer[],
  tags: readonly string[],
  match: TagMatch,
  mode: InvalidationMode,
): MaybePromise<void> {
  const { engine } = ranks;
  engine.fence.markAll();
  // Memory comes last, since a read that began meanwhile may have copied an old entry up.
  const rest = [...layers].sort((a, b) => Number(a.isMemory) - Number(b.isMemory));
  return repeat(() => {
    const layer = rest.shift();
    if (!layer) return false;
    if (layer.isMemory) engine.fence.markAll();
    if (layer.tier.capabilities.tags) return true;
    if (!layer.tier.capabilities.keys) return then(layer.clear("", engine.now()), () => true);
    const looked = eachPage(pages(ranks, [layer], "", true), (page) => hit(engine, layer, page, tags, match, mode));
    return then(looked, () => true);
  });
}

/** Invalidates those keys of a page whose entries have the tags. */
function hit(
  engine: Engine,
  layer: Layer,
  page: readonly string[],
  tags: readonly string[],
  match: TagMatch,
  mode: InvalidationMode,
): MaybePromise<unknown> {
  const now = engine.now();
  return then(layer.read(page, { now, metaOnly: true, peek: true }), (answer) => {
    if (answer instanceof TierError) layer.forget();
    const entries = answer instanceof TierError ? [] : answer.entries;
    const touches = entries.flatMap((entry, i) =>
      entry && hasTags(entry, tags, match) ? [{ key: page[i]!, freshUntil: 0, staleUntil: entry.staleUntil }] : [],
    );
    const keys = touches.map(({ key }) => key);
    return mode === "expire" ? layer.touch(touches, now) : layer.delete(keys, now);
  });
}
