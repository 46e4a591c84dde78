/**
 * The section "Tag invalidation on SQLite" for the terminal and for docs/benchmarks.md.
 */
import { median, ratios, spread } from "../measure.ts";
import { judgement, machine, noise, versions } from "../report.ts";
import { asMarkdown, asText, digits } from "../table.ts";
import type { Target } from "../targets.ts";
import { ENTRANTS } from "./all.ts";
import type { Measures } from "./round.ts";

/** How much is measured. */
export interface Effort {
  /** Rounds that count, and those before them, which do not. */
  readonly rounds: number;
  readonly warmUp: number;
  /** Numbers of entries, from few to many. */
  readonly sizes: readonly [few: number, many: number];
  /** Seconds that filling a file may take. */
  readonly limit: number;
}

/** What was measured, by `entrant/size`. */
export type Rounds = Map<string, Measures[]>;

/** The section, and how the targets went. */
export interface Section {
  readonly plain: string;
  readonly document: string;
  readonly targets: readonly Target[];
}

/** Most that the call over many entries may take of what it takes over few. */
const MOST_TIMES = 3;

/** Writes up a run. `skipped` says by `store/size` why a file is missing. */
export function reportTags(rounds: Rounds, skipped: ReadonlyMap<string, string>, effort: Effort): Section {
  const [few, many] = effort.sizes;
  const names = Object.keys(ENTRANTS).filter((name) => effort.sizes.some((size) => rounds.has(`${name}/${size}`)));
  const of = (name: string, size: number): Measures[] => rounds.get(`${name}/${size}`) ?? [];
  const calls = (name: string, size: number): number[] => of(name, size).map(({ call }) => call);
  const tables = [
    callTable(names, effort.sizes, calls),
    readTable(names, few, many, of),
    cleaningTable(names, effort.sizes, of),
  ].filter((rows) => rows.length > 1);
  const targets = judge(names, few, many, of);
  const spreads = names
    .flatMap((name) => effort.sizes.map((size) => spread(calls(name, size))))
    .filter(Number.isFinite);
  const related = names.map((name) => spread(ratios(calls(name, many), calls(name, few)))).filter(Number.isFinite);
  const gaps = [...skipped].map(([file, reason]) => {
    const [store, size] = file.split("/");
    return `${store} has no numbers for ${digits(Number(size))} entries: ${reason}.`;
  });
  const packages = names.flatMap((name) => ENTRANTS[name]!.packages ?? []);
  const told = [versions(packages)].filter(Boolean);
  const where = [`${machine()}`, `${effort.rounds} rounds`, ...told].join("; ");
  const last = `${where}. ${noise(spreads, related)}`;
  const judged = targets.map(judgement);
  const plain = [...tables.map(asText), LEGEND, ...gaps, last, judged.join("\n")];
  const lines = judged.map((line) => `- ${line}`).join("\n");
  const document = [METHOD, ...tables.map(asMarkdown), LEGEND, ...gaps, lines, last];
  return { plain: plain.join("\n\n"), document: document.join("\n\n"), targets };
}

type Of = (name: string, size: number) => Measures[];

/** What has the same tiers as an entrant: Tiercel's own. */
const baseOf = (name: string): string => (ENTRANTS[name]!.memory ? "tiercel-tiered" : "tiercel-sqlite");

function callTable(
  names: string[],
  sizes: Effort["sizes"],
  calls: (name: string, size: number) => number[],
): string[][] {
  const [few, many] = sizes;
  const rows = names.map((name) => {
    const cells = sizes.map((size) => against(calls(name, size), calls(baseOf(name), size)));
    const times = median(ratios(calls(name, many), calls(name, few)));
    return [ENTRANTS[name]!.label, ...cells, Number.isNaN(times) ? "" : times.toFixed(2)];
  });
  return [
    ["Invalidating the tag: µs per call", `${digits(few)} entries`, `${digits(many)} entries`, "times as long"],
    ...rows,
  ];
}

function readTable(names: string[], few: number, many: number, of: Of): string[][] {
  const rows = names.map((name) => {
    const cell = (size: number, pick: (round: Measures) => number): string =>
      against(of(name, size).map(pick), of(baseOf(name), size).map(pick));
    const all = [...of(name, few), ...of(name, many)];
    return [
      ENTRANTS[name]!.label,
      cell(many, ({ hit }) => hit),
      cell(many, ({ first }) => first),
      cell(many, ({ after }) => after),
      cell(few, ({ after }) => after),
      `${digits(total(all, "misses"))} of ${digits(total(all, "reads"))}`,
    ];
  });
  const head = ["hit before", "first read after", "reads after", `over ${digits(few)}`, "misses"];
  return [[`Reads, ${digits(many)} entries: µs`, ...head], ...rows];
}

function cleaningTable(names: string[], sizes: Effort["sizes"], of: Of): string[][] {
  const rows = names.flatMap((name) => {
    const bySize = sizes.map((size) => fullSteps(of(name, size)));
    const [, last = []] = bySize;
    if (last.length === 0) return [];
    const cells = bySize.map((steps) => (steps.length === 0 ? "" : median(times(steps)).toFixed(2)));
    return [[ENTRANTS[name]!.label, digits(last[0]!.removed), ...cells, Math.max(...times(last)).toFixed(2)]];
  });
  const head = ["rows removed", ...sizes.map((size) => `${digits(size)} entries`), "longest of these"];
  return [["Cleaning, one step: ms", ...head], ...rows];
}

type Step = Measures["steps"][number];

/** The steps that removed as much as any: the last one of a few entries finds less. */
function fullSteps(rounds: readonly Measures[]): Step[] {
  const steps = rounds.flatMap((round) => round.steps);
  const most = Math.max(...steps.map(({ removed }) => removed));
  return steps.filter(({ removed }) => removed === most);
}

const times = (steps: readonly Step[]): number[] => steps.map(({ milliseconds }) => milliseconds);

const total = (rounds: readonly Measures[], what: "misses" | "reads"): number =>
  rounds.reduce((sum, round) => sum + round[what], 0);

/** Median, and in brackets how many times as long as `base`. */
function against(samples: readonly number[], base: readonly number[]): string {
  if (samples.length === 0) return "";
  const time = median(samples);
  const shown = digits(time, time < 10 ? 1 : 0);
  return base.length === 0 ? shown : `${shown} (${median(ratios(samples, base)).toFixed(2)})`;
}

function judge(names: readonly string[], few: number, many: number, of: Of): Target[] {
  return names
    .filter((name) => ENTRANTS[name]!.store === "tiercel")
    .flatMap((name) => {
      const label = ENTRANTS[name]!.label.replaceAll("**", "");
      const received = median(ratios(callsOf(of(name, many)), callsOf(of(name, few))));
      const all = [...of(name, few), ...of(name, many)];
      const share = total(all, "misses") / total(all, "reads");
      return [
        {
          what: `Invalidating a tag, ${label}: times over ${digits(many)} entries what it takes over ${digits(few)}`,
          wanted: `at most ${MOST_TIMES}`,
          received,
          isMet: received <= MOST_TIMES,
        },
        { what: `Reads after it, ${label}: share of misses`, wanted: "all", received: share, isMet: share === 1 },
      ];
    });
}

const callsOf = (rounds: readonly Measures[]): number[] => rounds.map(({ call }) => call);

const LEGEND =
  "Medians. In brackets: how many times as long as Tiercel with the same tiers, as the median of the ratios of the rounds.";

const METHOD = `## Tag invalidation on SQLite

Written by \`npm run bench:tags -- --write\`, which is no part of \`npm run bench\`: filling the files and playing the rounds
takes about eight minutes and two gigabytes in the system's folder for temporary files. \`--only tiercel\` takes two minutes.

Every entry carries the same one tag, which is then invalidated by one call. Files are filled once, by the contender itself. Each
round takes a copy of the file, so that all entries are live at the call: opens it, reads 1,000 keys that are scattered over
it, twice (hits), calls 20 times with the tag of 20 other entries so that code and statements are compiled, and then once with the tag that
counts. The same 1,000 keys are read again, and an entry without the tag must still be a hit. Contenders and sizes take turns.
All of them claim that the call takes the same time whatever the number of entries, and it does; they differ in what reads pay for it.

- Tiercel writes one number and a line of its journal, \`prune\` removes the rows later: a step is one transaction over at most
  1,000 rows, during which the thread is busy, and the sweep makes at most ten of them in a minute.
- bentocache (\`deleteByTag\`) writes the time under a key of the tag; a read compares it with the entry's time of creation and, when
  it is older, rewrites the entry as expired. What nobody reads stays until its ttl is over: \`prune\` is one statement over
  the whole table and finds none of it. Its driver for Kysely is given node:sqlite, which is what Tiercel has.
- cacheable (\`tags.invalidateTag\`) counts up a version under a key of the tag; a read compares it with the versions that are kept in a
  second row beside each entry and, when it is behind, deletes both. These rows are in SQLite, also where the value is in memory. There is no other cleaning of what is never read again. Its
  README names @keyv/sqlite for SQLite, in which each statement waits for another thread.
- The databases of both peers are set to WAL and \`synchronous = NORMAL\` by hand, as Tiercel has them; else each of their writes would
  wait for the disk.`;
