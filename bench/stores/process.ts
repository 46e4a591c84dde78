/**
 * A contender's process, seen from the one that asks.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Order, Report } from "./child.ts";
import type { OperationName } from "./contender.ts";
import { CORES, keepOn } from "./cores.ts";

/** A process that is asked for one thing at a time. */
export class Runner {
  readonly name: string;
  can: readonly OperationName[] = [];
  readonly #child: ChildProcess;
  #answer: (report: Report) => void = () => {};

  private constructor(name: string, url: string) {
    this.name = name;
    this.#child = fork(fileURLToPath(new URL("child.ts", import.meta.url)), [name, url], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    keepOn(CORES.contender, this.#child.pid);
    this.#child.on("message", (report) => this.#answer(report as Report));
    this.#child.on("exit", () => this.#answer({ kind: "failed", reason: "its process ended" }));
  }

  /** Starts a contender and waits until its store is filled. One that cannot start is told of, and undefined. */
  static async start(name: string, url: string): Promise<Runner | undefined> {
    const runner = new Runner(name, url);
    const report = await runner.#next();
    if (report.kind === "ready") {
      runner.can = report.operations;
      return runner;
    }
    console.log(`bench: without ${name}: ${report.kind === "failed" ? report.reason : report.kind}`);
    runner.end();
    return undefined;
  }

  /** Microseconds per call, as the median of the calls. */
  async play(order: Order): Promise<number> {
    const answer = this.#next();
    this.#child.send(order);
    const report = await answer;
    if (report.kind === "sample") return report.microseconds;
    throw new Error(
      `${this.name} failed in ${order.operation}: ${report.kind === "failed" ? report.reason : report.kind}`,
    );
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #next(): Promise<Report> {
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }
}
