/**
 * Tables of what was measured, for the terminal and for Markdown.
 */
import { MEMORY } from "../contenders/all.ts";
import { median, ratio, ratios, type Samples, spread } from "../measure.ts";
import { judgement, machine, noise, versions } from "../report.ts";
import { asMarkdown, asText, digits } from "../table.ts";
import type { Target } from "../targets.ts";
import { OPERATIONS, type OperationName } from "./contender.ts";
import { ENTRANTS } from "./contenders/all.ts";
import { GROWING, PLAIN, type Plan, sameSetting } from "./plan.ts";
import { RUNTIMES, type Runtime } from "./process.ts";
import { type Results, under } from "./targets.ts";

/** A table, and what there is to say of it. */
interface Section {
  readonly rows: string[][];
  readonly legend: string;
}

/** The same twice. */
export interface Texts {
  readonly plain: string;
  /** For docs/memory-benchmarks.md, without method and charts. */
  readonly document: string;
}

/** Writes up a run. `gaps` are reasons why something is missing. */
export function report(
  results: Results,
  plan: Plan,
  outcome: readonly Target[],
  gaps: readonly string[],
  runtimes: Readonly<Partial<Record<Runtime, string>>>,
): Texts {
  const sections = [
    ...operations.map((operation) => timeTable(results, plan, operation)),
    hitTable(results, plan),
    growthTable(results, plan, "hit"),
    growthTable(results, plan, "set"),
    heapTable(results, plan),
    runtimeTable(results, plan),
    awaitedTable(results.awaited),
  ].filter(({ rows }) => rows.length > 1 && rows[0]!.length > 1);
  const judged = outcome.map(judgement);
  const where = environment(plan, runtimes);
  const differences = noiseOf(results);
  const last = [...gaps, differences, where].filter((line) => line !== "");
  return {
    plain: [...sections.flatMap(({ rows, legend }) => [asText(rows), legend]), ...last, judged.join("\n")].join("\n\n"),
    document: [
      "## Targets",
      judged.map((line) => `- ${line}`).join("\n"),
      "## Tables",
      ...sections.flatMap(({ rows, legend }) => [asMarkdown(rows), legend]),
      "## This run",
      ...last,
    ].join("\n\n"),
  };
}

const operations = Object.keys(OPERATIONS) as OperationName[];
const names = Object.keys(ENTRANTS);

/** Time, and in brackets how many times as long as `base`. */
function cell(samples: readonly number[] | undefined, base: readonly number[] | undefined): string {
  if (!samples) return "";
  const time = median(samples);
  return base ? `${digits(time)} (${ratio(samples, base).toFixed(2)})` : digits(time);
}

/** Rows without any number are left out. */
const rowsOf = (head: string[], rows: string[][]): string[][] => [
  head,
  ...rows.filter(([, ...cells]) => cells.some((text) => text !== "")),
];

function timeTable({ played }: Results, { capacities, variants }: Plan, operation: OperationName): Section {
  const columns = variants.flatMap(({ label, ...variant }) =>
    capacities.flatMap((capacity) => {
      const times = under(played, capacity, { label, ...variant })?.times[operation];
      return times && Object.keys(times).length > 0
        ? [{ head: `${digits(capacity)}${label && `, ${label}`}`, times }]
        : [];
    }),
  );
  const rows = names.map((name) => [
    ENTRANTS[name]!.label,
    ...columns.map(({ times }) => cell(times[name], times.tier)),
  ]);
  return {
    rows: rowsOf([`${OPERATIONS[operation]}: ns`, ...columns.map(({ head }) => head)], rows),
    legend: "In brackets: how many times as long as Tiercel's memory tier.",
  };
}

function hitTable({ played }: Results, { capacities }: Plan): Section {
  const rows = names.map((name) => [
    ENTRANTS[name]!.label,
    ...capacities.map((capacity) => {
      const share = under(played, capacity, PLAIN)?.hits.zipf[name];
      return share === undefined ? "" : (share * 100).toFixed(1);
    }),
  ]);
  return {
    rows: rowsOf([`${OPERATIONS.zipf}: % of hits`, ...capacities.map((capacity) => digits(capacity))], rows),
    legend:
      "Each miss costs a `set`, so that more hits make the mixed operation faster. Over the samples, after four requests for each entry of the capacity and at least 200,000.",
  };
}

function growthTable({ played }: Results, { growth }: Plan, operation: "hit" | "set"): Section {
  const columns = growth.flatMap((size) => {
    const times = under(played, size, PLAIN)?.times[operation];
    return times ? [{ size, times }] : [];
  });
  const rows = GROWING.map((name) => [
    ENTRANTS[name]!.label,
    ...columns.map(({ times }) => cell(times[name], times.map)),
  ]);
  return {
    rows: rowsOf([`Growth of ${OPERATIONS[operation]}: ns`, ...columns.map(({ size }) => digits(size))], rows),
    legend: "In brackets: how many times as long as Map's own at the same size.",
  };
}

function heapTable({ weighed }: Results, { heap }: Plan): Section {
  const sizes = heap.filter((size) => weighed.some(({ capacity }) => capacity === size));
  const rows = names.map((name) => [
    ENTRANTS[name]!.label,
    ...sizes.flatMap((size) => {
      const of = (isWithTtl: boolean) =>
        weighed.find(({ entrant, capacity, ttl }) => entrant === name && capacity === size && ttl === isWithTtl)
          ?.footprint;
      const plain = of(false);
      const ttl = of(true);
      const sum = ({ heap, buffers }: { heap: number; buffers: number }): string => (heap + buffers).toFixed(0);
      return [
        plain ? plain.filled.heap.toFixed(0) : "",
        plain ? plain.filled.buffers.toFixed(0) : "",
        plain ? sum(plain.filled) : "",
        ttl ? sum(ttl.filled) : "",
        plain?.turned ? sum(plain.turned) : "",
      ];
    }),
  ]);
  const head = sizes.flatMap((size) => [`${digits(size)}: heap`, "buffers", "together", "with ttl", "turned over"]);
  return { rows: rowsOf(["Bytes per entry", ...head], rows), legend: HEAP };
}

const HEAP =
  "Beyond key and value. Turned over: heap and buffers, without ttl, after as many other keys have taken the place of the first.";

function runtimeTable({ played }: Results, { elsewhere, variants: all }: Plan): Section {
  const variants = all.filter(({ keys }) => keys === "string");
  const matchOf = (runtime: Runtime, ttl: boolean) =>
    played.find(
      (match) => match.runtime === runtime && sameSetting(match.setting, { capacity: elsewhere, keys: "string", ttl }),
    );
  const known = (Object.keys(RUNTIMES) as Runtime[]).filter((runtime) => matchOf(runtime, false));
  // Under Node alone it would say again what the other tables do.
  const shown = known.some((runtime) => runtime !== "node") ? known : [];
  const entrants = names.filter((name) =>
    shown.some((runtime) => runtime !== "node" && matchOf(runtime, false)?.entrants.includes(name)),
  );
  const rows = shown.flatMap((runtime) =>
    entrants.map((name) => [
      `${RUNTIMES[runtime]}: ${ENTRANTS[name]!.label}`,
      ...variants.flatMap(({ ttl }) => {
        const times = matchOf(runtime, ttl)?.times;
        return operations.map((operation) => cell(times?.[operation][name], times?.[operation].tier));
      }),
    ]),
  );
  const head = variants.flatMap(({ ttl }) => operations.map((operation) => `${operation}${ttl ? ", ttl" : ""}`));
  return {
    rows: rowsOf([`${digits(elsewhere)} entries: ns`, ...head], rows),
    legend: "In brackets: how many times as long as Tiercel's memory tier on the same runtime.",
  };
}

function awaitedTable(awaited: Samples): Section {
  const shown = (["get", "getOrSet"] as const).filter((operation) => awaited[operation]);
  const rows = Object.entries(MEMORY).map(([name, { label }]) => [
    label,
    ...shown.map((operation) => cell(awaited[operation]?.[name], awaited[operation]?.map)),
  ]);
  return {
    rows: rowsOf(["Awaited hits, 10,000 entries: ns", ...shown], rows),
    legend: "In brackets: how many times as long as the floor. As in docs/benchmarks.md, which has more caches.",
  };
}

/** How far samples of one thing differ: by themselves, and as ratios, in which what slows everything cancels out. */
function noiseOf({ played, awaited }: Results): string {
  const alone: number[] = [];
  const related: number[] = [];
  const parts = [
    ...played.flatMap(({ times }) => Object.values(times).map((byName) => [byName, byName.tier] as const)),
    ...Object.values(awaited).map((byName) => [byName, byName.tiercel] as const),
  ];
  for (const [byName, base] of parts) {
    for (const samples of Object.values(byName)) {
      alone.push(spread(samples));
      if (base && base !== samples) related.push(spread(ratios(samples, base)));
    }
  }
  return related.length === 0 ? "" : noise(alone, related);
}

function environment({ effort }: Plan, runtimes: Readonly<Partial<Record<Runtime, string>>>): string {
  const others = Object.entries(runtimes).map(([runtime, version]) => `, ${RUNTIMES[runtime as Runtime]} ${version}`);
  const packages = [...Object.values(ENTRANTS).flatMap(({ package: name }) => name ?? []), ...AWAITED_PACKAGES];
  const clock = effort.cpu ? " of the processor's time" : "";
  return `${machine()}${others.join("")}; ${effort.rounds} samples of at least ${effort.atLeast} ms each${clock}; ${versions(packages)}.`;
}

const AWAITED_PACKAGES = ["async-cache-dedupe", "cache-manager"];
