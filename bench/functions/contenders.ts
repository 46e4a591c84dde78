/**
 * What is compared: functions whose results are remembered, each set up as its README has it, with room for all results.
 */
import { createCache, memoizeSync } from "../../mod.ts";
import { peer } from "../peer.ts";

/** How many different calls there are. */
export const CALLS = 1_000;

/** One row of a table. */
export interface Entrant {
  readonly label: string;
  /** Whether a call gives a promise, which is awaited. */
  readonly isAwaited: boolean;
  /** Package whose version is told. */
  readonly package?: string;
  /** A call by its number; after one round all are hits. */
  make(): Promise<(at: number) => unknown>;
}

const ids: readonly string[] = Array.from({ length: CALLS }, (_, at) => `user:${at}`);
const users: readonly object[] = ids.map((id) => ({ id, name: "Ada" }));
const filters: readonly { id: number; page: number }[] = ids.map((_, id) => ({ id, page: 1 }));

/** What is remembered: takes no time, so that it is the hit that is measured. */
const find = (id: string): object => users[Number(id.slice(5))]!;
const findById = (id: number): object => users[id]!;
const findLater = async (id: string): Promise<object> => find(id);

/** Turns numbers of calls into calls with their ids. */
const byId = (call: (id: string) => unknown) => (at: number) => call(ids[at]!);

/** The rows, in the order of the tables. */
export const ENTRANTS: Readonly<Record<string, Entrant>> = {
  map: {
    label: "a Map by hand: the floor",
    isAwaited: false,
    async make() {
      const results = new Map<string, object>();
      return byId((id) => {
        let result = results.get(id);
        if (result === undefined) results.set(id, (result = find(id)));
        return result;
      });
    },
  },
  sync: { label: "**memoizeSync**", isAwaited: false, make: async () => byId(memoizeSync(find)) },
  "sync-ttl": {
    label: "memoizeSync, ttl",
    isAwaited: false,
    make: async () => byId(memoizeSync(find, { ttl: "1h" })),
  },
  "sync-number": { label: "memoizeSync, a number", isAwaited: false, make: async () => memoizeSync(findById) },
  "sync-object": {
    label: "memoizeSync, an object",
    isAwaited: false,
    async make() {
      const memoized = memoizeSync(({ id }: { id: number; page: number }) => findById(id));
      return (at) => memoized(filters[at]!);
    },
  },
  "lru-cache": {
    label: "lru-cache `memo`",
    isAwaited: false,
    package: "lru-cache",
    async make() {
      const { LRUCache } = await peer<{ LRUCache: new (options: object) => { memo(key: string): object } }>(
        "lru-cache",
      );
      const cache = new LRUCache({ max: CALLS, memoMethod: find });
      return byId((id) => cache.memo(id));
    },
  },
  memoizee: {
    label: "memoizee, primitive",
    isAwaited: false,
    package: "memoizee",
    async make() {
      const { default: memoizee } = await peer<{ default: (fn: typeof find, options: object) => typeof find }>(
        "memoizee",
      );
      return byId(memoizee(find, { primitive: true, max: CALLS }));
    },
  },
  "micro-memoize": {
    label: "micro-memoize",
    isAwaited: false,
    package: "micro-memoize",
    async make() {
      const { memoize } = await peer<{ memoize: (fn: typeof find, options: object) => typeof find }>("micro-memoize");
      return byId(memoize(find, { maxSize: CALLS }));
    },
  },
  awaited: {
    label: "`await` of a Map hit: the floor",
    isAwaited: true,
    async make() {
      const results = new Map<string, object>();
      return byId(async (id) => {
        let result = results.get(id);
        if (result === undefined) results.set(id, (result = find(id)));
        return result;
      });
    },
  },
  wrap: {
    label: "**wrapped**",
    isAwaited: true,
    make: async () => byId(createCache().wrap(findLater, { name: "find" })),
  },
  "wrap-number": {
    label: "wrapped, a number",
    isAwaited: true,
    make: async () => createCache().wrap(async (id: number) => findById(id), { name: "find" }),
  },
  "wrap-object": {
    label: "wrapped, an object",
    isAwaited: true,
    async make() {
      const find = async ({ id }: { id: number; page: number }): Promise<object> => findById(id);
      const wrapped = createCache().wrap(find, { name: "find" });
      return (at) => wrapped(filters[at]!);
    },
  },
  getOrSet: {
    label: "`getOrSet`, key and loader made beforehand",
    isAwaited: true,
    async make() {
      const cache = createCache();
      const load = async ({ key }: { key: unknown }): Promise<object> => find(key as string);
      return byId((id) => cache.getOrSet(id, load));
    },
  },
  "getOrSet-written": {
    label: "`getOrSet`, key and loader made for each call",
    isAwaited: true,
    async make() {
      const cache = createCache();
      return (at) => cache.getOrSet(`user:${at}`, () => findLater(`user:${at}`));
    },
  },
  "p-memoize": {
    label: "p-memoize",
    isAwaited: true,
    package: "p-memoize",
    async make() {
      const { default: pMemoize } = await peer<{ default: (fn: typeof findLater) => typeof findLater }>("p-memoize");
      return byId(pMemoize(findLater));
    },
  },
};
