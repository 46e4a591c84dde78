/**
 * `npm run bench -- --functions`: hits of remembered functions, Tiercel's beside its peers'.
 *
 * `--check` makes a missed target an exit code of 1, `--quick` takes few and short samples, `--only wrap,getOrSet` leaves out the
 * rest. Each contender has a process of its own; they take turns, and what counts are ratios within a round.
 */
import { median, ratio, ratios, spread } from "../measure.ts";
import { installPeers } from "../peer.ts";
import { judgement, machine, noise, versions } from "../report.ts";
import { Sampler } from "../sampler.ts";
import { asText } from "../table.ts";
import type { Target } from "../targets.ts";
import { ENTRANTS } from "./contenders.ts";

/** What the command line says. */
export interface Arguments {
  readonly check: boolean;
  readonly quick: boolean;
  readonly only?: string;
}

const CHILD = new URL("child.ts", import.meta.url);

type Times = Record<string, number[]>;

/** Runs the benchmark. */
export async function compareFunctions({ check, quick, only }: Arguments): Promise<void> {
  installPeers();
  const names = Object.keys(ENTRANTS).filter((name) => only?.split(",").includes(name) ?? true);
  const times = await measure(names, quick ? { rounds: 5, atLeast: 10 } : { rounds: 15, atLeast: 40 });
  const outcome = targets(times);
  const tables = [
    table("At once: ns per hit", times, false, "sync"),
    table("Awaited: ns per hit", times, true, "wrap"),
  ];
  const packages = Object.values(ENTRANTS).flatMap((entrant) => entrant.package ?? []);
  console.log([...tables.map(asText), LEGEND, noiseOf(times), `${machine()}; ${versions(packages)}.`].join("\n\n"));
  console.log(`\n${outcome.map(judgement).join("\n")}`);
  if (check && outcome.some(({ isMet }) => !isMet)) process.exitCode = 1;
}

const LEGEND =
  "One string as argument unless it says otherwise. In brackets: how many times as long as the first of Tiercel's.";

async function measure(
  names: readonly string[],
  { rounds, atLeast }: { rounds: number; atLeast: number },
): Promise<Times> {
  const children = names.map((name) => new Sampler(name, CHILD));
  const times: Times = {};
  try {
    for (let round = -2; round < rounds; round++) {
      // Every round begins with another one.
      const first = (round + 2) % children.length;
      for (const child of [...children.slice(first), ...children.slice(0, first)]) {
        const nanoseconds = await child.sample(atLeast);
        if (round >= 0) (times[child.name] ??= []).push(nanoseconds);
      }
    }
  } finally {
    for (const child of children) child.end();
  }
  return times;
}

function table(title: string, times: Times, isAwaited: boolean, ours: string): string[][] {
  const base = times[ours];
  const rows = Object.entries(ENTRANTS).flatMap(([name, entrant]) => {
    const taken = times[name];
    if (!taken || entrant.isAwaited !== isAwaited) return [];
    const factor = base ? ` (${ratio(taken, base).toFixed(2)})` : "";
    return [[entrant.label, `${median(taken).toFixed(1)}${factor}`]];
  });
  return [[title, "hit"], ...rows];
}

function noiseOf(times: Times): string {
  const all = Object.values(times);
  const base = times.sync ?? all[0]!;
  return noise(
    all.map(spread),
    all.filter((taken) => taken !== base).map((taken) => spread(ratios(taken, base))),
  );
}

function targets(times: Times): Target[] {
  const judged = (
    what: string,
    kind: "at most" | "at least",
    limit: number,
    taken?: number[],
    base?: number[],
  ): Target[] => {
    if (!taken || !base) return [];
    const received = ratio(taken, base);
    const isMet = kind === "at most" ? received <= limit : received > limit;
    return [{ what, wanted: `${kind} ${limit}`, received, isMet }];
  };
  const { sync, map, wrap, getOrSet } = times;
  return [
    ...judged("memoizeSync hit: times the Map by hand", "at most", 2, sync, map),
    ...["lru-cache", "memoizee", "micro-memoize", "p-memoize"].flatMap((name) =>
      judged(`memoizeSync hit: times as fast as ${ENTRANTS[name]!.label}`, "at least", 1, times[name], sync),
    ),
    ...judged("wrapped hit: times getOrSet", "at most", 1.3, wrap, getOrSet),
  ];
}
