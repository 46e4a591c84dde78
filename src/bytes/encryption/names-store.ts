/**
 * A store that is told no names: keys and tags are hidden on the way down, and shown on the way up.
 *
 * @module
 */
import type { Entry } from "../../entry.ts";
import { TierLimitError } from "../../errors.ts";
import { all, isPromise, then } from "../../maybe.ts";
import type {
  Capabilities,
  Change,
  MaybePromise,
  ReadOptions,
  ReadResult,
  ScanOptions,
  ScanResult,
  Tier,
  TierContext,
  Write,
} from "../../tier.ts";
import type { KeyRing } from "./key-ring.ts";
import { NameCipher } from "./name-cipher.ts";

/** Keys of one page that this file asks for by itself. */
const PAGE = 500;
/** The cache's prefix is followed by at most so many namespaces, scopes and the key in {@linkcode keyLimit}; more are refused if too long. */
const PARTS = 5;
/** Each part has 16 bytes more, of which base64 makes 22 characters, and two at most to fill up. */
const PART = 24;

type Store = Tier<Uint8Array>;

/** Puts a store of which only the entries' names are hidden before another one. It has no synchronous face. */
export function hiddenNames(store: Store, ring: KeyRing): Store {
  let names: NameCipher;
  const { maxKeyBytes } = store.capabilities;
  const capabilities: Capabilities = {
    ...store.capabilities,
    sync: false,
    ...(maxKeyBytes !== undefined && { maxKeyBytes: keyLimit(maxKeyBytes) }),
  };
  const hide = (keys: readonly string[]): MaybePromise<string[]> => names.hideAll("key", keys);
  const show = (keys: readonly string[]): MaybePromise<string[]> => names.showAll("key", keys);

  const hidden: { -readonly [K in keyof Store]: Store[K] } = {
    name: store.name,
    capabilities,
    open(context) {
      names = new NameCipher(ring, context.cacheName);
      return store.open?.(showing(context, names));
    },
    getMany: (keys, options) => then(hide(keys), (some) => read(store, names, some, options)),
    setMany: (writes, now) =>
      then(hideWrites(names, writes), (some) =>
        then(store.setMany(some, now), (result) => {
          const { refused } = result;
          if (refused === undefined) return result;
          const own = new Map(some.map(({ key }, index) => [key, writes[index]!.key]));
          return { ...result, refused: refused.map((key) => own.get(key) ?? key) };
        }),
      ),
    prepare(given) {
      const writes = given as readonly Write<Uint8Array>[];
      return then(hideWrites(names, writes), (some) => {
        for (const { key } of some) checkKey(store.name, key, maxKeyBytes);
        return then(store.prepare ? store.prepare(some) : some, (prepared) =>
          prepared === some
            ? writes
            : writes.map((write, at) => ({ ...write, entry: retagged(prepared[at]!.entry, write.entry.tags) })),
        );
      });
    },
    deleteMany: (keys, now) => then(hide(keys), (some) => store.deleteMany(some, now)),
    clear: (prefix, now, progress) => clear(hidden, store, names, prefix, now, progress),
  };
  const { touchMany, prune, invalidate, journal, release } = store;
  if (touchMany !== undefined) {
    hidden.touchMany = (touches, now) =>
      then(hide(touches.map(({ key }) => key)), (keys) =>
        touchMany.call(
          store,
          touches.map((touch, at) => ({ ...touch, key: keys[at]! })),
          now,
        ),
      );
  }
  if (prune !== undefined) hidden.prune = (limit, now) => then(prune.call(store, limit, now), show);
  if (store.scan !== undefined) hidden.scan = (options) => scan(store, names, options);
  if (store.size !== undefined) hidden.size = (prefix, now) => size(hidden, store, names, prefix, now);
  if (invalidate !== undefined) {
    hidden.invalidate = (invalidation) =>
      then(names.hideAll("tag", invalidation.tags), (tags) =>
        invalidate.call(store, { ...invalidation, tags: tags.sort() }),
      );
  }
  if (journal !== undefined) {
    hidden.journal = (since) =>
      then(journal.call(store, since), (page) => {
        const { changes } = page;
        return changes === undefined || changes.length === 0
          ? page
          : then(all(changes.map((change) => shownChange(names, change))), (shown) => ({ ...page, changes: shown }));
      });
  }
  if (release !== undefined) {
    hidden.release = (leases) =>
      then(hide(leases.map(({ key }) => key)), (keys) =>
        release.call(
          store,
          leases.map((lease, at) => ({ ...lease, key: keys[at]! })),
        ),
      );
  }
  if (store.options !== undefined) hidden.options = store.options;
  if (store.profiles !== undefined) hidden.profiles = store.profiles;
  if (store.usage !== undefined) hidden.usage = store.usage.bind(store);
  if (store.close !== undefined) hidden.close = store.close.bind(store);
  // A store may have its client only once it is open.
  if ("client" in store) Object.defineProperty(hidden, "client", { get: () => store.client, enumerable: true });
  return hidden;
}

/** The longest name whose hidden text a store of such a limit can hold. */
function keyLimit(limit: number): number {
  return Math.max(0, Math.floor(((limit - PARTS * PART) * 3) / 4));
}

function checkKey(store: string, key: string, limit = Infinity): void {
  // Only the cache's prefix can be more than ASCII.
  if (key.length * 3 <= limit) return;
  const { length } = new TextEncoder().encode(key);
  if (length <= limit) return;
  throw new TierLimitError(
    `Cannot store key in ${store} as its hidden name must be at most ${limit} bytes: received ${length}`,
  );
}

/** The cache is told by names what the store tells by hidden ones. */
function showing(context: TierContext, names: NameCipher): TierContext {
  const shown = (key: string, tell: (name: string) => void): void => {
    const name = names.show("key", key);
    if (isPromise(name)) name.then(tell, () => tell(key));
    else tell(name);
  };
  return {
    ...context,
    removed: (key, reason) => shown(key, (name) => context.removed(name, reason)),
    report(kind, error, key) {
      if (key === undefined) context.report(kind, error);
      else shown(key, (name) => context.report(kind, error, name));
    },
  };
}

function read(
  store: Store,
  names: NameCipher,
  keys: readonly string[],
  options: ReadOptions,
): MaybePromise<ReadResult<Uint8Array>> {
  return then(store.getMany(keys, options), (result) => {
    if (result.entries.every((entry) => entry === undefined || entry.tags.length === 0)) return result;
    const entries = result.entries.map((entry) =>
      entry === undefined || entry.tags.length === 0
        ? entry
        : then(names.showAll("tag", entry.tags), (tags) => retagged(entry, tags.sort())),
    );
    return then(all(entries), (shown) => ({ ...result, entries: shown }));
  });
}

function hideWrites(
  names: NameCipher,
  writes: readonly Write<Uint8Array>[],
): MaybePromise<readonly Write<Uint8Array>[]> {
  return all(
    writes.map((write) =>
      then(names.hide("key", write.key), (key) =>
        write.entry.tags.length === 0
          ? { ...write, key }
          : then(names.hideAll("tag", write.entry.tags), (tags) => ({
              ...write,
              key,
              entry: retagged(write.entry, tags.sort()),
            })),
      ),
    ),
  );
}

function retagged(entry: Entry<Uint8Array>, tags: readonly string[]): Entry<Uint8Array> {
  return { ...entry, tags };
}

function scan(store: Store, names: NameCipher, options: ScanOptions): MaybePromise<ScanResult> {
  return then(names.prefix(options.prefix), ({ hidden, isExact }) =>
    then(store.scan!({ ...options, prefix: hidden }), ({ keys, cursor }) =>
      then(names.showAll("key", keys), (shown) => ({
        keys: isExact ? shown : shown.filter((key) => key.startsWith(options.prefix)),
        cursor,
      })),
    ),
  );
}

function size(own: Store, store: Store, names: NameCipher, prefix: string, now: number): MaybePromise<number> {
  return then(names.prefix(prefix), async ({ hidden, isExact }) => {
    if (isExact) return store.size!(hidden, now);
    const keys = new Set<string>();
    for await (const page of pages(own, prefix, now)) for (const key of page) keys.add(key);
    return keys.size;
  });
}

/** Within a namespace, names that begin alike do not once they are hidden. */
function clear(
  own: Store,
  store: Store,
  names: NameCipher,
  prefix: string,
  now: number,
  progress?: () => void,
): MaybePromise<void> {
  return then(names.prefix(prefix), async ({ hidden, isExact }) => {
    if (isExact) return store.clear(hidden, now, progress);
    if (!store.capabilities.keys) {
      throw new TierLimitError(
        `Cannot clear a part of ${store.name} as its keys are hidden and cannot be listed: received a prefix within a namespace`,
      );
    }
    for await (const page of pages(own, prefix, now)) {
      await own.deleteMany(page, now);
      progress?.();
    }
  });
}

async function* pages(own: Store, prefix: string, now: number): AsyncGenerator<readonly string[]> {
  let cursor: string | undefined;
  do {
    const page = await own.scan!({ prefix, limit: PAGE, now, leased: own.capabilities.leases === true, cursor });
    yield page.keys;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

function shownChange(names: NameCipher, change: Change): MaybePromise<Change> {
  if (change.by === "keys") return then(names.showAll("key", change.keys), (keys) => ({ by: "keys", keys }));
  if (change.by === "prefix") return then(names.show("key", change.prefix), (prefix) => ({ by: "prefix", prefix }));
  return then(names.showAll("tag", change.tags), (tags) => ({ ...change, tags: tags.sort() }));
}
