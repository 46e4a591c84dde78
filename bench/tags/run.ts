/**
 * `npm run bench:tags`: what it costs to invalidate one tag that all entries carry, over few and over many entries.
 *
 * `--write` puts the section into docs/benchmarks.md, `--check` makes a missed target an exit code of 1, `--quick` takes
 * fewer rounds over fewer entries, `--only tiercel` (or other stores or contenders, separated by commas) leaves out the
 * rest, `--against <folder>` adds another checkout of Tiercel, `--limit <seconds>` is how long filling a file may take.
 */
import { fork } from "node:child_process";
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder } from "../folder.ts";
import { installPeers } from "../peer.ts";
import { writeTags } from "../write.ts";
import { ENTRANTS } from "./all.ts";
import type { Order, Report } from "./child.ts";
import { type Effort, type Rounds, reportTags } from "./report.ts";

/** What the command line says. */
export interface Arguments {
  readonly write: boolean;
  readonly check: boolean;
  readonly quick: boolean;
  readonly only?: string;
  readonly against?: string;
  readonly limit: string;
}

/** Runs the benchmark. */
export async function compareTags(given: Arguments): Promise<void> {
  installPeers();
  const effort: Effort = given.quick
    ? { rounds: 5, warmUp: 1, sizes: [1_000, 100_000], limit: Number(given.limit) }
    : { rounds: 15, warmUp: 2, sizes: [1_000, 1_000_000], limit: Number(given.limit) };
  const only = given.only?.split(",");
  const chosen = Object.keys(ENTRANTS).filter((name) => {
    const { store } = ENTRANTS[name]!;
    return (given.against !== undefined || store !== "tiercel-against") && isWanted([name, store], only);
  });
  const folder = makeFolder();
  const start = (): Child => new Child([folder, ...(given.against === undefined ? [] : [resolve(given.against)])]);
  try {
    const skipped = await fill(chosen, effort, start);
    const rounds = await play(chosen, effort, skipped, start);
    const text = reportTags(rounds, skipped, effort);
    console.log(text.plain);
    if (given.write) writeTags(text.document);
    if (given.check && text.targets.some(({ isMet }) => !isMet)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isWanted(names: readonly string[], only: readonly string[] | undefined): boolean {
  return only === undefined || names.some((name) => only.includes(name));
}

/** Makes the files; answers with those that there are not, by `store/size`, and why. */
async function fill(chosen: readonly string[], effort: Effort, start: () => Child): Promise<Map<string, string>> {
  const skipped = new Map<string, string>();
  for (const store of new Set(chosen.map((name) => ENTRANTS[name]!.store))) {
    for (const size of effort.sizes) {
      const child = start();
      const begun = performance.now();
      const report = await child.ask({ kind: "fill", store, size }, effort.limit * 1_000);
      child.end();
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      if (report.kind === "failed") skipped.set(`${store}/${size}`, report.reason);
      const outcome = report.kind === "failed" ? `left out: ${report.reason}` : `filled in ${seconds} s`;
      console.log(`bench: ${store} with ${size} entries ${outcome}`);
    }
  }
  return skipped;
}

/** Contenders and sizes take turns, and every round begins with another contender. */
async function play(
  chosen: readonly string[],
  { rounds, warmUp, sizes }: Effort,
  skipped: ReadonlyMap<string, string>,
  start: () => Child,
): Promise<Rounds> {
  const children = new Map(chosen.map((name) => [name, start()]));
  const played: Rounds = new Map();
  try {
    for (let round = -warmUp; round < rounds; round++) {
      const first = (round + warmUp) % Math.max(1, chosen.length);
      for (const entrant of [...chosen.slice(first), ...chosen.slice(0, first)]) {
        for (const size of sizes) {
          if (skipped.has(`${ENTRANTS[entrant]!.store}/${size}`)) continue;
          const report = await children.get(entrant)!.ask({ kind: "round", entrant, size });
          if (report.kind !== "round") {
            throw new Error(`${entrant} failed: ${report.kind === "failed" ? report.reason : report.kind}`);
          }
          const key = `${entrant}/${size}`;
          if (round >= 0) played.set(key, [...(played.get(key) ?? []), report.measures]);
        }
      }
      if (process.stdout.isTTY) process.stdout.write(`\rbench: round ${round + warmUp + 1} of ${rounds + warmUp} `);
    }
  } finally {
    if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
    for (const child of children.values()) child.end();
  }
  return played;
}

/** A process that is asked for one thing at a time. */
class Child {
  readonly #process;

  constructor(args: readonly string[]) {
    this.#process = fork(fileURLToPath(new URL("child.ts", import.meta.url)), args, {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
  }

  /** What it answers; when that takes longer than `limit` milliseconds, it is ended. */
  ask(order: Order, limit?: number): Promise<Report> {
    return new Promise((resolve) => {
      const child = this.#process;
      const answer = (report: Report): void => {
        clearTimeout(timer);
        child.off("message", answer).off("exit", gone);
        resolve(report);
      };
      const gone = (): void => answer({ kind: "failed", reason: "its process ended" });
      const late = (): void => {
        child.kill("SIGKILL");
        answer({ kind: "failed", reason: `took longer than ${limit! / 1_000} s to fill` });
      };
      const timer = limit === undefined ? undefined : setTimeout(late, limit);
      child.on("message", answer).on("exit", gone);
      child.send(order);
    });
  }

  end(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}
