/**
 * What Tiercel holds itself to, as ratios within one run.
 */
import { MEMORY } from "./contenders/all.ts";
import { ratio, type Samples } from "./measure.ts";

/** A target and how it went. */
export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly received: number;
  readonly isMet: boolean;
  /** What the floor reaches where it is measured by the same target. */
  readonly floor?: number;
}

type Limit = readonly ["at least" | "at most", number];

/** Judges what was measured; what was not is left out. */
export function targets(memory: Samples, sqlite: Samples): Target[] {
  return [...ofMemory(memory.getOrSet ?? {}), ...ofSqlite(sqlite)];
}

function ofMemory(hits: Record<string, number[]>): Target[] {
  const { tiercel, map, "tiercel-forever": plain } = hits;
  if (!tiercel || !map) return [];
  const peers = Object.keys(hits)
    .filter((name) => MEMORY[name]?.kind === "peer")
    .sort((a, b) => ratio(hits[a]!, hits[b]!) - 1);
  const against = (name: string, rank: string): Target => ({
    ...judge(
      `getOrSet hit in memory: times as fast as ${MEMORY[name]!.label}, ${rank}`,
      ["at least", 1.5],
      hits[name]!,
      tiercel,
    ),
    floor: ratio(hits[name]!, map),
  });
  const [first, second] = peers;
  return [
    ...(first === undefined ? [] : [against(first, "the fastest peer")]),
    // lru-cache's `fetch` is all but the floor, so the next one tells more.
    ...(first === "lru-cache" && second !== undefined ? [against(second, "the fastest of the others")] : []),
    // A Map knows no time, so a hit that need not look at the clock is what compares.
    ...(plain ? [judge("getOrSet hit in memory, without ttl: times the floor", ["at most", 2], plain, map)] : []),
  ];
}

function ofSqlite({
  "sqlite get": get,
  "sqlite set": set,
  "sqlite sets": sets,
  "sqlite setMany": setMany,
}: Samples): Target[] {
  const ours = "tiercel-sqlite";
  if (!get?.[ours] || !get.statements || !set?.[ours] || !sets?.[ours] || !setMany?.[ours]) return [];
  return [
    judge("SQLite get: times the held statement and decoding", ["at most", 2], get[ours], get.statements),
    {
      ...judge("1,000 SQLite sets at once: times as fast as one by one", ["at least", 5], set[ours], sets[ours]),
      floor: ratio(set.statements!, sets.statements!),
    },
    {
      ...judge("SQLite setMany of 1,000: times as fast as one by one", ["at least", 5], set[ours], setMany[ours]),
      floor: ratio(set.statements!, setMany.statements!),
    },
  ];
}

function judge(what: string, [kind, limit]: Limit, samples: readonly number[], base: readonly number[]): Target {
  const received = ratio(samples, base);
  return {
    what,
    wanted: `${kind} ${limit}`,
    received,
    isMet: kind === "at least" ? received >= limit : received <= limit,
  };
}
