/**
 * What is measured: the operations of a contender, and the keys and values that all of them get.
 */

/** The operations, in the order of the tables. */
export const OPERATIONS = {
  get: "get, hit",
  getOrSet: "getOrSet, hit",
  set: "set",
  "sqlite get": "get",
  "sqlite set": "set, one by one",
  "sqlite sets": "1,000 sets at once",
  "sqlite setMany": "setMany of 1,000",
} as const;

/** Name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/** One operation, many times. */
export interface Operation {
  /** How many are in one run. */
  readonly count: number;
  run(): void | Promise<void>;
}

/** Whatever is compared. Each lives in a process of its own. */
export interface Contender {
  readonly operations: Partial<Record<OperationName, Operation>>;
  close?(): void | Promise<void>;
}

/** An entry lives for an hour wherever one can be told, in milliseconds. */
export const TTL = 3_600_000;

/** Number of keys; the caches that have a bound are bounded to just these. */
export const KEYS = 10_000;

/** The value of a key: a record that takes about 300 bytes as CBOR. */
export function recordOf(index: number, visits: number = 1_000): object {
  return {
    id: index,
    name: `Person ${index}`,
    email: `person.${index}@example.org`,
    roles: ["reader", "writer"],
    address: { street: "1 High Street", city: "Springfield", code: String(10_000 + index) },
    note: "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna",
    visits,
    active: index % 2 === 0,
  };
}

/** The keys in an order that is random and always the same. */
export const keys: readonly string[] = shuffled(Array.from({ length: KEYS }, (_, index) => `user:${index}`));

/**
 * The values of {@linkcode keys}, and then their next versions, all made once. Writes take turns, since SQLite writes no
 * page when a row is overwritten by the same bytes.
 */
export const values: readonly object[] = [1_000, 2_000].flatMap((visits) =>
  keys.map((key) => recordOf(Number(key.slice(5)), visits)),
);

function shuffled(items: string[]): string[] {
  let state = 42;
  for (let i = items.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

/** Reads every key, one awaited call after the other; a miss is a mistake in the benchmark. */
export function reads(read: (key: string) => Promise<unknown>): Operation {
  return {
    count: KEYS,
    async run() {
      for (let i = 0; i < KEYS; i++) if ((await read(keys[i]!)) == null) throw new Error(`${keys[i]} is a miss`);
    },
  };
}

/** The same for a cache that answers at once. */
export function readsAtOnce(read: (key: string) => unknown): Operation {
  return {
    count: KEYS,
    run() {
      for (let i = 0; i < KEYS; i++) if (read(keys[i]!) == null) throw new Error(`${keys[i]} is a miss`);
    },
  };
}

/** Key and value for write number `count`. */
const pair = (count: number): { key: string; value: object } => ({
  key: keys[count % KEYS]!,
  value: values[count % values.length]!,
});

/** Overwrites `count` keys, one awaited call after the other, going on where the last run ended. */
export function writes(write: (key: string, value: object) => unknown, count: number = KEYS): Operation {
  let written = KEYS;
  return {
    count,
    async run() {
      for (const end = written + count; written < end; written++) {
        const { key, value } = pair(written);
        await write(key, value);
      }
    },
  };
}

/** The same for a cache that answers at once. */
export function writesAtOnce(write: (key: string, value: object) => unknown, count: number = KEYS): Operation {
  let written = KEYS;
  return {
    count,
    run() {
      for (const end = written + count; written < end; written++) {
        const { key, value } = pair(written);
        write(key, value);
      }
    },
  };
}

/** Overwrites 1,000 keys by one call that is given all of them. */
export function batches(write: (items: { key: string; value: object }[]) => unknown): Operation {
  const count = 1_000;
  let written = KEYS;
  return {
    count,
    async run() {
      const items = Array.from({ length: count }, (_, i) => pair(written + i));
      written += count;
      await write(items);
    },
  };
}

/** Fills a cache with all keys. */
export async function fill(write: (key: string, value: object) => unknown): Promise<void> {
  for (let i = 0; i < KEYS; i++) await write(keys[i]!, values[i]!);
}

/** A loader that must never run. */
export function unreachable(): never {
  throw new Error("a hit must not load");
}
