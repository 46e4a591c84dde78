/**
 * Tables of what was measured, for the terminal and for Markdown.
 */
import { cpus, loadavg } from "node:os";
import { OPERATIONS, type OperationName } from "./contender.ts";
import { type Entrant, MEMORY, SQLITE } from "./contenders/all.ts";
import { type Effort, median, ratios, type Samples, spread } from "./measure.ts";
import { peerVersion } from "./peer.ts";
import { asMarkdown, asText } from "./table.ts";
import type { Target } from "./targets.ts";

/** The same twice. */
export interface Texts {
  readonly plain: string;
  /** For README.md: the tables. */
  readonly tables: string;
  /** For docs/benchmarks.md: tables, targets, noise, versions. */
  readonly document: string;
}

/** Operations whose caller is not given a promise, so that no `await` is counted. */
const AT_ONCE = new Set([
  "lru-cache/get",
  "lru-cache/set",
  "lru-cache-forever/get",
  "lru-cache-forever/set",
  "statements/sqlite get",
  "statements/sqlite set",
]);

/** Writes up a run. */
export function report(memory: Samples, sqlite: Samples, outcome: readonly Target[], effort: Effort): Texts {
  const tables = [
    table("Memory: ns per call", memory, MEMORY, "tiercel"),
    table("SQLite, values of 300 bytes: µs per entry", sqlite, SQLITE, "tiercel-sqlite"),
  ].filter((rows) => rows.length > 1);
  const differences = noiseOf(memory, sqlite);
  const where = environment(effort);
  const judged = outcome.map(judgement);
  const markdown = tables.map(asMarkdown).join("\n\n");
  return {
    plain: [...tables.map(asText), LEGEND, differences, where, judged.join("\n")].join("\n\n"),
    tables: `${markdown}\n\n${LEGEND}`,
    document: `${markdown}\n\n${LEGEND}\n\n## Targets\n\n${judged.map((line) => `- ${line}`).join("\n")}\n\n## This run\n\n${where}\n\n${differences}`,
  };
}

/** A target in one line. */
export function judgement({ what, wanted, received, isMet, floor }: Target): string {
  const note = floor === undefined ? "" : ` (the floor itself: ${floor.toFixed(2)})`;
  return `${isMet ? "PASS" : "FAIL"} ${what}: ${received.toFixed(2)}, wanted ${wanted}${note}`;
}

const LEGEND = "In brackets: how many times as long as Tiercel. ¹ Answers at once, so no `await` is counted.";

/** The head, then a row for each entrant that was measured. */
function table(title: string, samples: Samples, entrants: Readonly<Record<string, Entrant>>, ours: string): string[][] {
  const operations = (Object.keys(OPERATIONS) as OperationName[]).filter((name) => samples[name]);
  const isMemory = entrants === MEMORY;
  const rows = Object.entries(entrants)
    .filter(([name]) => operations.some((operation) => samples[operation]?.[name]))
    .map(([name, { label }]) => [
      label,
      ...operations.map((operation) => {
        const taken = samples[operation]?.[name];
        const base = samples[operation]?.[ours];
        if (!taken || !base) return "";
        const time = isMemory ? median(taken).toFixed(0) : (median(taken) / 1_000).toFixed(1);
        const mark = AT_ONCE.has(`${name}/${operation}`) ? "¹" : "";
        return `${time.replace(/\B(?=(\d{3})+(?!\d))/g, ",")}${mark} (${median(ratios(taken, base)).toFixed(2)})`;
      }),
    ]);
  return [[title, ...operations.map((name) => OPERATIONS[name])], ...rows];
}

/** How far samples of one thing differ: by themselves, and as ratios, in which what slows everything cancels out. */
function noiseOf(...parts: readonly Samples[]): string {
  const alone: number[] = [];
  const related: number[] = [];
  for (const part of parts) {
    for (const taken of Object.values(part)) {
      const base = taken.tiercel ?? taken["tiercel-sqlite"];
      for (const samples of Object.values(taken)) {
        alone.push(spread(samples));
        if (base && base !== samples) related.push(spread(ratios(samples, base)));
      }
    }
  }
  return noise(alone, related);
}

/** Told of the spread of samples, and of that of ratios. */
export function noise(alone: readonly number[], related: readonly number[]): string {
  const percent = (spreads: readonly number[]): string =>
    `±${(median(spreads) * 100).toFixed(1)}% (worst ±${(Math.max(...spreads) * 100).toFixed(0)}%)`;
  return `Noise, as half of the interquartile range of samples: ${percent(alone)}; of ratios: ${percent(related)}.`;
}

function environment({ rounds, atLeast }: Effort): string {
  const packages = Object.values({ ...MEMORY, ...SQLITE }).flatMap(({ package: name }) => name ?? []);
  return `${machine()}; ${rounds} samples of at least ${atLeast} ms each; ${versions(packages)}.`;
}

/** The day and what it ran on. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return [
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, SQLite ${process.versions.sqlite}, ${process.platform} ${process.arch},`,
    `${cpus().length} × ${model}, load ${loadavg()[0]!.toFixed(1)}`,
  ].join(" ");
}

/** Those of the packages that are installed, with their versions. */
export function versions(packages: readonly string[]): string {
  const known = [...new Set(packages)].flatMap((name) => (peerVersion(name) ? [`${name} ${peerVersion(name)}`] : []));
  return known.join(", ");
}
