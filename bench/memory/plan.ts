/**
 * What is measured: on which runtimes, at which sizes, of which contenders, and how often.
 */
import { freemem } from "node:os";
import type { Entrant, OperationName, Setting } from "./contender.ts";
import { ENTRANTS } from "./contenders/all.ts";
import type { Runtime } from "./process.ts";

/** How much is measured. */
export interface Effort {
  /** Samples of each operation that count. */
  readonly rounds: number;
  /**
   * Times that all processes are started anew, with as many rounds each: what the compiler and the processor's caches make
   * of a process stays for its life. Where caches are so large that filling them takes long, it is once.
   */
  readonly sittings: number;
  /** Rounds before them, for the just-in-time compiler. */
  readonly warmUp: number;
  /** Milliseconds of a sample, at least. */
  readonly atLeast: number;
  /** Whether it is the time of the processor that is measured, not the clock's. Under Node alone. */
  readonly cpu: boolean;
}

/** Contenders that take turns at the operations, each in a process of its own. */
export interface Match {
  readonly runtime: Runtime;
  readonly setting: Setting;
  readonly entrants: readonly string[];
  readonly operations: readonly OperationName[];
}

/** A way of using the contenders, by its name in the tables. */
export interface Variant {
  readonly label: string;
  readonly keys: Setting["keys"];
  readonly ttl: boolean;
}

/** The ways, in the order of the tables. Which are targets, targets.ts says. */
export const VARIANTS: readonly Variant[] = [
  { label: "", keys: "string", ttl: false },
  { label: "ttl", keys: "string", ttl: true },
  { label: "numbers", keys: "number", ttl: false },
];

/** The way of which there is no word in the tables. */
export const PLAIN: Variant = VARIANTS[0]!;

/** All that is measured in a run. */
export interface Plan {
  readonly effort: Effort;
  /** Capacities of the tables of times. */
  readonly capacities: readonly number[];
  readonly variants: readonly Variant[];
  /** Sizes at which growth is looked at; the largest is compared with 10,000. */
  readonly growth: readonly number[];
  /** Sizes at which bytes are counted. */
  readonly heap: readonly number[];
  /** Capacity under Bun and Deno. */
  readonly elsewhere: number;
}

/** The whole of it takes about nine minutes, the quick one less than one. */
export function planOf(quick: boolean, cpu: boolean): Plan {
  // The time of the processor is told in steps of up to 4 ms.
  const atLeast = cpu ? 60 : quick ? 8 : 25;
  return quick
    ? {
        effort: { rounds: 3, sittings: 1, warmUp: 1, atLeast, cpu },
        capacities: [10_000],
        variants: VARIANTS.filter(({ keys }) => keys === "string"),
        growth: [10_000, 100_000],
        heap: [100_000],
        elsewhere: 10_000,
      }
    : {
        effort: { rounds: 9, sittings: 3, warmUp: 1, atLeast, cpu },
        capacities: [1_000, 10_000, 1_000_000],
        variants: VARIANTS,
        growth: [1_000, 10_000, 100_000, 1_000_000, 10_000_000],
        heap: [100_000, 1_000_000],
        elsewhere: 10_000,
      };
}

const ALL: readonly OperationName[] = ["hit", "set", "zipf", "through"];

/** What growth is looked at for. */
export const GROWING: readonly string[] = ["map", "tier", "tier-against", "lru-cache"];

/** The parts of a run; `--only` names some of them. */
export const PARTS = ["times", "growth", "heap", "runtimes", "awaited", "hit-ratio"] as const;

/** Name of a part. */
export type Part = (typeof PARTS)[number];

/** The matches of the parts that are wanted, of which `wanted` contenders take part; what two of them need is measured once. */
export function matchesOf(plan: Plan, parts: readonly Part[], wanted: readonly string[], against?: string): Match[] {
  const matches: Match[] = [];
  const add = (
    runtime: Runtime,
    capacity: number,
    { keys, ttl }: Variant,
    names: readonly string[],
    operations: readonly OperationName[],
  ): void => {
    const setting = { capacity, keys, ttl, ...(against === undefined ? {} : { against }) };
    const isPlain = keys === "string" && (!ttl || capacity < MANY);
    const isShown = ({ foreverOnly, isAwaited }: Entrant): boolean => !(ttl && foreverOnly) && (isPlain || !isAwaited);
    const entrants = names.filter((name) => wanted.includes(name) && isShown(ENTRANTS[name]!));
    const isThere = matches.some((match) => match.runtime === runtime && sameSetting(match.setting, setting));
    if (!isThere && entrants.length > 0) matches.push({ runtime, setting, entrants, operations });
  };
  const names = Object.keys(ENTRANTS);
  if (parts.includes("times"))
    for (const capacity of plan.capacities)
      for (const variant of plan.variants)
        add("node", capacity, variant, names, variant.keys === "number" && capacity >= MANY ? ["hit", "set"] : ALL);
  if (parts.includes("growth")) for (const size of plan.growth) add("node", size, PLAIN, GROWING, ["hit", "set"]);
  if (parts.includes("runtimes")) {
    for (const runtime of ["bun", "deno"] as const)
      for (const variant of plan.variants.filter(({ keys }) => keys === "string"))
        add(runtime, plan.elsewhere, variant, ["map", "tier", "tier-against", "cache", "lru-cache"], ALL);
  }
  return matches;
}

/** Whether two settings are alike. */
export function sameSetting(one: Setting, other: Pick<Setting, "capacity" | "keys" | "ttl">): boolean {
  return one.capacity === other.capacity && one.keys === other.keys && one.ttl === other.ttl;
}

/** Entries that take long to fill in: with so many, what tells little is left out. */
export const MANY = 1_000_000;

/** Entries of which all contenders together need gigabytes, and how many of these have to be free. */
const HUGE = 10_000_000;
const LEAST_FREE = 6;

/** Why a match has to be left out on this machine as it is now, or nothing. */
export function obstacle({ setting: { capacity } }: Match): string | undefined {
  const free = freemem() / 2 ** 30;
  if (capacity < HUGE || free >= LEAST_FREE) return undefined;
  return `${free.toFixed(1)} GB of memory are free, ${LEAST_FREE} are needed`;
}
