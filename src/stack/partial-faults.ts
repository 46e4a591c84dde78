/**
 * Faults of a part of a store, as of one server of several: they say nothing of the rest, so that no breaker counts them, and other keys of
 * the same call count as done.
 *
 * @module
 */

const failed = /* @__PURE__ */ new WeakMap<object, ReadonlySet<string>>();

/** Says of what is thrown that it is of a part of the store, the one that has these keys of the call. */
export function partial(error: unknown, keys: readonly string[]): void {
  failed.set(error as object, new Set(keys));
}

/** Whether it is of a part of the store. */
export function isPartial(error: unknown): boolean {
  return failed.has(error as object);
}

/** Those of the keys of a call that were not done: all of them, where it is not known better. */
export function undone(error: unknown, keys: readonly string[]): readonly string[] {
  const part = failed.get(error as object);
  const some = part ? keys.filter((key) => part.has(key)) : keys;
  // Names may be hidden from the store.
  return some.length > 0 ? some : keys;
}
