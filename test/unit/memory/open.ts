import type { Entry, MemoryOptions, TierContext, Write } from "../../../mod.ts";
import { memory } from "../../../mod.ts";
import type { FakeClock } from "../../contract/mod.ts";
import { fakeClock, seededRandom } from "../../contract/mod.ts";

/** A memory tier in the hands of a test. */
export interface OpenMemory {
  readonly tier: ReturnType<typeof memory>;
  readonly clock: FakeClock;
  /** Keys that left by themselves, each with its reason. */
  readonly removed: string[];
  entry(value: unknown, fields?: Partial<Entry>): Entry;
  put(key: string, value: unknown, fields?: Partial<Entry>): void;
  get(key: string): unknown;
  peek(key: string): unknown;
  drop(...keys: string[]): readonly boolean[];
  prune(limit: number): readonly string[];
  keys(): string[];
  size(): number;
  usage(): { entries: number; bytes: number; maxEntries: number; maxBytes: number };
}

/** Opens a tier. */
export function open(options?: MemoryOptions): OpenMemory {
  const clock = fakeClock();
  const tier = memory(options);
  const removed: string[] = [];
  tier.open?.({
    cacheName: "test",
    clock,
    random: seededRandom(1),
    removed: (key, reason) => removed.push(`${key} ${reason}`),
    report() {},
  } satisfies TierContext);
  const entry = (value: unknown, fields: Partial<Entry> = {}): Entry => ({
    value,
    createdAt: clock.now(),
    freshUntil: Infinity,
    staleUntil: Infinity,
    tags: [],
    sequence: undefined,
    version: undefined,
    loadTime: 0,
    ...fields,
  });
  const now = (): number => clock.now();
  const { sync } = tier;
  return {
    tier,
    clock,
    removed,
    entry,
    put(key, value, fields) {
      const writes: readonly Write[] = [{ key, entry: entry(value, fields) }];
      sync.setMany((tier.prepare?.(writes) ?? writes) as readonly Write[], now());
    },
    get: (key) => sync.getMany([key], { now: now() }).entries[0]?.value,
    peek: (key) => sync.getMany([key], { now: now(), peek: true }).entries[0]?.value,
    drop: (...keys) => sync.deleteMany(keys, now()),
    prune: (limit) => sync.prune!(limit, now()),
    keys: () => [...sync.scan!({ prefix: "", limit: Infinity, now: now() }).keys].sort(),
    size: () => sync.size!("", now()),
    usage: () => tier.usage!(),
  };
}
