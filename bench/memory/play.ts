/**
 * A match: contenders take turns sample by sample, so that whatever else the machine does hits all of them alike.
 */
import type { OperationName } from "./contender.ts";
import type { Footprint } from "./heap.ts";
import { type Effort, MANY, type Match } from "./plan.ts";
import { Runner } from "./process.ts";

/** What came of a match, by operation and contender. */
export interface Played extends Match {
  /** Nanoseconds per call, round by round. */
  readonly times: Readonly<Record<OperationName, Readonly<Record<string, readonly number[]>>>>;
  /** Share of hits, over all rounds. */
  readonly hits: Readonly<Record<OperationName, Readonly<Record<string, number>>>>;
}

type Collected<T> = Record<OperationName, Record<string, T[]>>;

const collected = <T>(): Collected<T> => ({ hit: {}, set: {}, zipf: {}, through: {} });

/** Plays a match. A contender that cannot begin is told of and left out. */
export async function play(match: Match, { rounds, sittings, warmUp, atLeast, cpu }: Effort): Promise<Played> {
  const times = collected<number>();
  const hits = collected<number>();
  const count = match.setting.capacity < MANY ? sittings : 1;
  for (let sitting = 0; sitting < count; sitting++) {
    const runners = await begin(match, cpu);
    try {
      for (const operation of match.operations) {
        for (const runner of runners) await runner.ask("ready", { kind: "open", operation });
        for (let round = -warmUp; round < rounds / count; round++) {
          // Every round begins with another one.
          const first = (sitting + round + warmUp) % Math.max(1, runners.length);
          for (const runner of [...runners.slice(first), ...runners.slice(0, first)]) {
            const sample = await runner.ask("sample", { kind: "sample", atLeast });
            if (round < 0) continue;
            (times[operation][runner.name] ??= []).push(sample.nanoseconds);
            (hits[operation][runner.name] ??= []).push(sample.hits);
          }
        }
      }
    } finally {
      for (const runner of runners) runner.end();
    }
  }
  const shares = Object.entries(hits).map(([operation, byName]) => [
    operation,
    Object.fromEntries(
      Object.entries(byName).map(([name, all]) => [name, all.reduce((sum, share) => sum + share, 0) / all.length]),
    ),
  ]);
  return { ...match, times, hits: Object.fromEntries(shares) as Played["hits"] };
}

async function begin({ runtime, setting, entrants }: Match, cpu: boolean): Promise<Runner[]> {
  const runners: Runner[] = [];
  for (const entrant of entrants) {
    const runner = new Runner(runtime, entrant);
    const report = await runner.try({ kind: "begin", entrant, setting, cpu: cpu && runtime === "node" });
    if (report.kind === "ready") runners.push(runner);
    else {
      runner.end();
      console.log(`bench: without ${entrant}: ${report.kind === "failed" ? report.reason : report.kind}`);
    }
  }
  return runners;
}

/** Bytes of a contender, in a process of its own, without a ttl and with one. */
export interface Weighed {
  readonly entrant: string;
  readonly capacity: number;
  readonly ttl: boolean;
  readonly footprint: Footprint;
}

/** Counts the bytes of a contender at a size. */
export async function weigh(entrant: string, capacity: number, ttl: boolean, against?: string): Promise<Weighed> {
  const runner = new Runner("node", entrant);
  const setting = { capacity, ttl, keys: "string", ...(against === undefined ? {} : { against }) } as const;
  try {
    const { footprint } = await runner.ask("heap", { kind: "heap", entrant, setting });
    return { entrant, capacity, ttl, footprint };
  } finally {
    runner.end();
  }
}
