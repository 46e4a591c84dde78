/**
 * Hit ratios over traces. bench/hit-ratio/simulate.ts simulates and prints them; here they are judged and drawn.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { hasTraces, type Point, points } from "../hit-ratio/traces.ts";
import type { Target } from "../targets.ts";
import { type Line, lines } from "./chart/lines.ts";
import { judge } from "./targets.ts";

/** What the simulation tells. */
export interface Simulated {
  /** Its table, for people. */
  readonly text: string;
  readonly targets: readonly Target[];
  readonly charts: Readonly<Record<string, string>>;
}

const OURS = "Tiercel";
const CAFFEINE = "Caffeine 3.2.2";

/** Traces that are drawn: of a database, and of names that were looked up. */
const DRAWN = { arc_OLTP: "a database (OLTP)", clockpro_domains: "look-ups of domains" };

/** Policies that are drawn beside ours, of those in the reference. */
const BESIDE = ["OPT", CAFFEINE, "transitory", "S3-FIFO", "quick-lru", "LRU"];

/** A line for machines: trace, capacity, policy and hit ratio, with tabs between them. */
const LINE = /^(\S+)\t(\d+)\t([^\t]+)\t([\d.]+)$/;

/** A point with what Tiercel reaches there. */
type Reached = Point & { readonly ours: number };

/** Runs the simulation; nothing where there are no traces. */
export function simulate(args: readonly string[]): Simulated | undefined {
  if (!hasTraces) return undefined;
  const program = fileURLToPath(new URL("../hit-ratio/simulate.ts", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", program, ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`The simulation of hit ratios failed with exit code ${status}`);
  const all = stdout.split("\n");
  const ours = new Map<string, number>();
  for (const line of all) {
    const [, trace, capacity, policy, hitRatio] = LINE.exec(line) ?? [];
    if (policy === OURS) ours.set(`${trace} ${capacity}`, Number(hitRatio));
  }
  const reached = points().flatMap((point): Reached[] => {
    const hitRatio = ours.get(`${point.trace} ${point.capacity}`);
    return hitRatio === undefined ? [] : [{ ...point, ours: hitRatio }];
  });
  const table = all.filter((line) => !LINE.test(line)).join("\n");
  return { text: table.trim(), targets: reached.length > 0 ? judged(reached) : [], charts: drawn(reached) };
}

function judged(reached: readonly Reached[]): Target[] {
  const mean = (of: (point: Reached) => number): number =>
    reached.reduce((sum, point) => sum + of(point) / point.reference.OPT!, 0) / reached.length;
  const received = mean(({ ours }) => ours);
  const what = `Hit ratio, mean over ${reached.length} points of traces:`;
  return [
    judge(`${what} part of OPT's`, ["at least", 0.825], received),
    judge(`${what} times that of Caffeine`, ["at least", 1], received / mean((point) => point.reference[CAFFEINE]!)),
    judge(
      "Hit ratio: percentage points above LRU, at worst",
      ["at least", -1],
      Math.min(...reached.map(({ ours, reference }) => (ours - reference.LRU!) * 100)),
    ),
  ];
}

function drawn(reached: readonly Reached[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(DRAWN).flatMap(([trace, of]) => {
      const chosen = reached.filter((point) => point.trace === trace).sort((a, b) => a.capacity - b.capacity);
      const line = (label: string, ratioAt: (point: Reached) => number | undefined): Line => ({
        label,
        isOurs: label === OURS,
        points: chosen.flatMap((point): [number, number][] => {
          const ratio = ratioAt(point);
          return ratio === undefined ? [] : [[point.capacity, ratio * 100]];
        }),
      });
      const series = [
        line(OURS, ({ ours }) => ours),
        ...BESIDE.map((policy) => line(policy, ({ reference }) => reference[policy])),
      ].filter(({ points: there }) => there.length > 0);
      const title = `Hit ratio by capacity: ${of}`;
      const name = `hit-ratio-${trace.replace(/_/g, "-").toLowerCase()}.svg`;
      return chosen.length > 1 ? [[name, lines(title, series, "Per cent of requests", "capacity")]] : [];
    }),
  );
}
