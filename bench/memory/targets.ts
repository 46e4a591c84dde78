/**
 * What the memory tier holds itself to, as ratios within one run.
 */
import { MEMORY } from "../contenders/all.ts";
import { ratio, type Samples } from "../measure.ts";
import { digits } from "../table.ts";
import type { Target } from "../targets.ts";
import { OPERATIONS, type OperationName } from "./contender.ts";
import { PLAIN, type Plan, sameSetting, VARIANTS, type Variant } from "./plan.ts";
import type { Played, Weighed } from "./play.ts";

type Limit = readonly ["at least" | "at most", number];

/** All that was measured in a run. */
export interface Results {
  readonly played: readonly Played[];
  readonly weighed: readonly Weighed[];
  /** Of whole caches, whose answers are awaited. */
  readonly awaited: Samples;
}

/** The match under Node at a capacity. */
export function under(played: readonly Played[], capacity: number, variant: Variant): Played | undefined {
  return played.find(({ runtime, setting }) => runtime === "node" && sameSetting(setting, { capacity, ...variant }));
}

const WITH_TTL = VARIANTS.find(({ ttl }) => ttl)!;

/** Times of the memory tier as a multiple of lru-cache's. Keys are strings. */
const AGAINST_LRU: readonly (readonly [OperationName, Variant, number])[] = [
  ["hit", PLAIN, 1],
  ["hit", WITH_TTL, 0.7],
  ["zipf", PLAIN, 0.8],
  ["set", PLAIN, 1.2],
];

/** Bytes of an entry beyond its key and value. */
const MOST_BYTES = 45;

/** Judges what was measured; what was not is left out. */
export function targets({ played, weighed, awaited }: Results, plan: Plan): Target[] {
  return [
    ...AGAINST_LRU.flatMap(([operation, variant, most]) =>
      plan.capacities.flatMap((capacity) => {
        const { tier, "lru-cache": lru } = under(played, capacity, variant)?.times[operation] ?? {};
        if (!tier || !lru) return [];
        const how = `${OPERATIONS[operation]}, ${digits(capacity)} entries${variant.ttl ? ", both with ttl" : ""}`;
        return [judge(`Memory tier, ${how}: times as long as lru-cache`, ["at most", most], ratio(tier, lru))];
      }),
    ),
    ...weighed
      .filter(({ entrant, ttl }) => entrant === "tier" && !ttl)
      .map(({ capacity, footprint: { filled } }) =>
        judge(
          `Memory tier, ${digits(capacity)} entries: bytes per entry beyond key and value`,
          ["at most", MOST_BYTES],
          filled.heap + filled.buffers,
        ),
      ),
    ...growth(played, plan),
    ...hits(awaited),
  ];
}

/** How many times as long as Map's own the tier takes among many entries, compared with the same among few. */
function growth(played: readonly Played[], { growth: sizes }: Plan): Target[] {
  const few = 10_000;
  const many = sizes.findLast((size) => under(played, size, PLAIN));
  if (many === undefined || many <= few) return [];
  return (["hit", "set"] as const).flatMap((operation) => {
    const [least, most] = [few, many].map((size) => {
      const { tier, map } = under(played, size, PLAIN)?.times[operation] ?? {};
      return tier && map ? ratio(tier, map) : undefined;
    });
    if (least === undefined || most === undefined) return [];
    const what = `Memory tier, ${OPERATIONS[operation]}: growth from ${digits(few)} to ${digits(many)} entries`;
    return [judge(`${what}, as a multiple of Map's own`, ["at most", 1], most / least)];
  });
}

/** A Map knows no time, so a hit that need not look at the clock is what compares with it; peers have a ttl. */
function hits(awaited: Samples): Target[] {
  return (["get", "getOrSet"] as const).flatMap((operation) => {
    const { map, tiercel, "tiercel-forever": forever, ...others } = awaited[operation] ?? {};
    const floor =
      map && forever
        ? [judge(`Whole cache, ${operation} hit: times the await of a Map hit`, ["at most", 1.5], ratio(forever, map))]
        : [];
    const peers = Object.entries(others).flatMap(([name, samples]) =>
      tiercel
        ? [
            judge(
              `Whole cache, ${operation} hit, with ttl: times as fast as ${MEMORY[name]!.label}`,
              ["at least", 2],
              ratio(samples, tiercel),
            ),
          ]
        : [],
    );
    return [...floor, ...peers];
  });
}

/** Holds what was received against a limit. */
export function judge(what: string, [kind, limit]: Limit, received: number): Target {
  const isMet = kind === "at least" ? received >= limit : received <= limit;
  return { what, wanted: `${kind} ${limit}`, received, isMet };
}
