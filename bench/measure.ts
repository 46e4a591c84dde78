/**
 * Measuring contenders against one another on a machine that has other work too: each has a process of its own, they take
 * turns sample by sample, and what counts is the ratio of samples that were taken right after one another.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { OperationName } from "./contender.ts";
import type { Order, Report } from "./server.ts";

/** How much is measured. */
export interface Effort {
  /** Samples of each operation that count. */
  readonly rounds: number;
  /** Rounds before them, in which the just-in-time compiler does its work. */
  readonly warmUp: number;
  /** Milliseconds of a sample, at least. */
  readonly atLeast: number;
}

/** Nanoseconds per operation, sample by sample: `samples[operation][contender][round]`. */
export type Samples = Partial<Record<OperationName, Record<string, number[]>>>;

/** Starts the contenders and lets them take turns. One that cannot start is told of and left out. */
export async function measure(
  names: readonly string[],
  operations: readonly OperationName[],
  { rounds, warmUp, atLeast }: Effort,
  childArguments: (name: string) => readonly string[],
): Promise<Samples> {
  const runners: Runner[] = [];
  const samples: Samples = {};
  try {
    for (const name of names) {
      const runner = new Runner(name, childArguments(name));
      runners.push(runner);
      const report = await runner.next();
      if (report.kind === "ready") runner.can = report.operations;
      else if (report.kind === "failed") console.log(`bench: without ${name}: ${report.reason}`);
    }
    for (let round = -warmUp; round < rounds; round++) {
      for (const operation of operations) {
        const able = runners.filter(({ can }) => can.includes(operation));
        const taken: Record<string, number[]> = samples[operation] ?? {};
        samples[operation] = taken;
        // Every round begins with another one.
        const first = (round + warmUp) % Math.max(1, able.length);
        for (const runner of [...able.slice(first), ...able.slice(0, first)]) {
          const nanoseconds = await runner.sample({ operation, atLeast });
          if (round >= 0) taken[runner.name] = [...(taken[runner.name] ?? []), nanoseconds];
        }
      }
      if (process.stdout.isTTY) process.stdout.write(`\rbench: round ${round + warmUp + 1} of ${rounds + warmUp} `);
    }
  } finally {
    if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
    for (const runner of runners) runner.end();
  }
  return samples;
}

/** A contender in its process. It is asked for one thing at a time. */
class Runner {
  readonly name: string;
  can: OperationName[] = [];
  readonly #child: ChildProcess;
  #answer: (report: Report) => void = () => {};

  constructor(name: string, childArguments: readonly string[]) {
    this.name = name;
    this.#child = fork(fileURLToPath(new URL("run.ts", import.meta.url)), childArguments, {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    this.#child.on("message", (report) => this.#answer(report as Report));
    this.#child.on("exit", () => this.#answer({ kind: "failed", reason: "its process ended" }));
  }

  /** What it says next. */
  next(): Promise<Report> {
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  async sample(order: Order): Promise<number> {
    this.#child.send(order);
    const report = await this.next();
    if (report.kind === "sample") return report.nanoseconds;
    throw new Error(
      `${this.name} failed in ${order.operation}: ${report.kind === "failed" ? report.reason : report.kind}`,
    );
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** The middle one, or the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  return (quantile(numbers, 0.5) + quantile(numbers, 0.5, true)) / 2;
}

/** Half of the distance between the quartiles, as a fraction of the median: how much samples differ. */
export function spread(numbers: readonly number[]): number {
  return (quantile(numbers, 0.75) - quantile(numbers, 0.25)) / 2 / median(numbers);
}

/** How many times as long as `base` a contender takes: the median of the ratios of each round. */
export function ratio(samples: readonly number[], base: readonly number[]): number {
  return median(ratios(samples, base));
}

/** The ratios of each round. */
export function ratios(samples: readonly number[], base: readonly number[]): number[] {
  return samples.map((sample, round) => sample / base[round]!);
}

function quantile(numbers: readonly number[], at: number, below = false): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = at * (sorted.length - 1);
  return sorted[below ? Math.floor(place) : Math.ceil(place)] ?? Number.NaN;
}
