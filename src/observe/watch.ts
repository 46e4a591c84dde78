/**
 * Watching a cache from outside: the hooks that observers share.
 *
 * The core knows no observer. It has places where one function may stand, which are empty unless somebody watches; here they
 * are given to any number of watchers.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { EvictionReason } from "../events.ts";
import type { ReadCounters } from "../stats.ts";
import type { Verbs } from "../verbs/verbs.ts";

/** What a watcher is told. Texts of keys are as they stand in the tiers, without the cache's prefix. */
export interface Watcher {
  /** A read; on the hot path of every hit. */
  seen?(text: string, how: keyof ReadCounters): void;
  /** An entry is gone from a tier. */
  gone?(text: string, reason: EvictionReason, tier: string): void;
  /** The cache is being closed; its tiers are still open. */
  ending?(): unknown;
  /** A view of the cache: each that there will be, beginning with the one that is watched. */
  viewed?(verbs: Verbs): void;
  /** Something to put around an operation of a tier in a stack. */
  around?: NonNullable<Engine["around"]>;
}

/** Under this an engine has its watchers, whatever copy of these modules they are from. */
const WATCHERS: unique symbol = /* @__PURE__ */ Symbol.for("tiercel.watchers");

/** Watches a cache, whatever view of it is given. Returns what ends that. */
export function watch(verbs: Verbs, watcher: Watcher): () => void {
  const engine: Engine & { [WATCHERS]?: Set<Watcher> } = verbs.engine;
  const all = (engine[WATCHERS] ??= new Set());
  all.add(watcher);
  watcher.viewed?.(verbs);
  connect(engine, all);
  return () => {
    all.delete(watcher);
    connect(engine, all);
  };
}

/** Puts into the places of the core what tells all watchers. */
function connect(engine: Engine, all: ReadonlySet<Watcher>): void {
  const having = <N extends keyof Watcher>(name: N) =>
    [...all].flatMap((watcher) => (watcher[name] ? [watcher as Required<Pick<Watcher, N>>] : []));
  const seen = having("seen");
  const gone = having("gone");
  const ending = having("ending");
  const viewed = having("viewed");
  const [around] = having("around");
  // On the path of every hit: one or two, as it is most often, are told without a loop.
  const [first, second] = seen.map((watcher) => watcher.seen);
  engine.seen =
    seen.length > 2
      ? (text, how) => {
          for (const one of seen) one.seen(text, how);
        }
      : first && second
        ? (text, how) => {
            first(text, how);
            second(text, how);
          }
        : first;
  engine.gone =
    gone.length === 0
      ? undefined
      : (text, reason, tier) => {
          for (const one of gone) one.gone(text, reason, tier);
        };
  engine.ending =
    ending.length === 0 ? undefined : async () => void (await Promise.all(ending.map((one) => one.ending())));
  engine.viewed =
    viewed.length === 0
      ? undefined
      : (verbs) => {
          for (const one of viewed) one.viewed(verbs);
        };
  engine.around = around?.around;
}
