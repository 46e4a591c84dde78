/**
 * Switching a cache off, as a whole or for what has a tag.
 *
 * While it is off, the views of a cache read through a store that has nothing, whatever is there. What would be written is decided where
 * entries are made (`newWrite`).
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import { then } from "./maybe.ts";
import type { Store } from "./store.ts";

/** What is switched off. */
export interface Off {
  readonly isAll: boolean;
  /** As the tiers know them. */
  readonly tags: ReadonlySet<string>;
}

/** Stands for everything; no tag is empty. */
const ALL: readonly string[] = [""];

/** Whether an entry with these tags is neither served nor stored. */
export function isOff(off: Off | undefined, tags: () => readonly string[]): boolean {
  return off !== undefined && (off.isAll || tags().some((tag) => off.tags.has(tag)));
}

/** Switches off (`by` 1) or on (-1): what was switched off twice is on when it was switched on twice. */
export function turn(engine: Engine, by: 1 | -1, tags: readonly string[] = ALL): void {
  const { disables, loads } = engine;
  for (const tag of tags) {
    const times = (disables.get(tag) ?? 0) + by;
    if (times > 0) disables.set(tag, times);
    else disables.delete(tag);
  }
  // Nobody joins a load that began under the other rule, nor gets the failure of one.
  loads.detachWhere(() => true);
  engine.disabled = disables.size > 0 ? { isAll: disables.has(""), tags: new Set(disables.keys()) } : undefined;
  engine.mute((store) => (engine.disabled ? muted(store, engine.disabled, engine) : store));
  engine.listening();
}

/** The store without what is switched off, which is still there for those who list it, invalidate it or delete it. */
function muted(store: Store, off: Off, engine: Engine): Store {
  const read: Store["read"] = (keys, options) => {
    // Whoever takes any version looks at what is there.
    if (options.version === null) return store.read(keys, options);
    if (off.isAll) return { found: keys.map(() => undefined), sequence: engine.ledger.latest };
    return then(store.read(keys, options), (findings) => ({
      ...findings,
      found: findings.found.map((item) => (item && isOff(off, () => item.entry.tags) ? undefined : item)),
    }));
  };
  return new Proxy(store, {
    get(_, name) {
      const member: unknown = name === "read" ? read : store[name as keyof Store];
      return typeof member === "function" ? member.bind(store) : member;
    },
  });
}
