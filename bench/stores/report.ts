/**
 * The section "Redis and libSQL" for the terminal and for docs/benchmarks.md.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median, ratio, ratios, spread } from "../measure.ts";
import { peerVersion } from "../peer.ts";
import { judgement, machine, noise } from "../report.ts";
import { asMarkdown, asText, digits } from "../table.ts";
import type { Target } from "../targets.ts";
import { ENTRANTS } from "./all.ts";
import { FLOORS, OPERATIONS, type OperationName } from "./contender.ts";
import { METHOD } from "./method.ts";

/** How much is measured. */
export interface Effort {
  /** Samples that count, and those before them, which do not. */
  readonly rounds: number;
  readonly warmUp: number;
  /** Milliseconds of a sample, at least. */
  readonly atLeast: number;
}

/** Microseconds per call, sample by sample: `samples[operation][contender][round]`. */
export type Samples = Partial<Record<OperationName, Record<string, number[]>>>;

/** Round trips per call: `trips[operation][contender]`. */
export type Trips = Partial<Record<OperationName, Record<string, number>>>;

/** The section, and how the targets went. */
export interface Section {
  readonly plain: string;
  readonly document: string;
  readonly targets: readonly Target[];
}

/** Most that a call may take of what the raw client takes. */
const MOST_TIMES = 1.3;

const NAMES = Object.keys(OPERATIONS) as OperationName[];

/** Writes up a run. */
export function reportStores(samples: Samples, trips: Trips, effort: Effort): Section {
  const tables = [
    table("Redis: µs per call", "redis", samples, trips),
    table("libSQL server: µs per call", "sqld", samples, trips),
  ];
  const shown = tables.filter((rows) => rows.length > 1);
  const targets = NAMES.flatMap((operation) => judge(operation, samples[operation] ?? {}));
  const judged = targets.map(judgement);
  const where = `${machine()}; ${effort.rounds} samples of at least ${effort.atLeast} ms each; ${versions(samples)}.`;
  const last = `${where} ${noiseOf(samples)}`;
  return {
    plain: [...shown.map(asText), LEGEND, last, judged.join("\n")].join("\n\n"),
    document: [METHOD, ...shown.map(asMarkdown), LEGEND, judged.map((line) => `- ${line}`).join("\n"), last].join(
      "\n\n",
    ),
    targets,
  };
}

const LEGEND = `Medians. In brackets: how many times as long as the raw client that it is built on, as the median of the ratios of the rounds; then
round trips (rt) per call. ² Has no call for many keys: 100 of \`get\` at once, some of which are sent when the first are answered.
Over a WebSocket the client closes the stream of a batch by a second trip, for which nobody waits.`;

/** The head, then a row for each entrant that was measured. */
function table(title: string, server: string, samples: Samples, trips: Trips): string[][] {
  const names = Object.keys(ENTRANTS).filter(
    (name) => FLOORS[ENTRANTS[name]!.floor] === server && NAMES.some((operation) => samples[operation]?.[name]),
  );
  const rows = names.map((name) => {
    const { label, floor, oneByOne } = ENTRANTS[name]!;
    const cells = NAMES.map((operation) => {
      const taken = samples[operation]?.[name];
      if (taken === undefined) return "";
      const base = samples[operation]?.[floor];
      const time = median(taken);
      const counted = trips[operation]?.[name];
      return [
        `${digits(time, time < 10 ? 1 : 0)}${operation === "getMany" && oneByOne ? "²" : ""}`,
        base === undefined ? "" : `(${ratio(taken, base).toFixed(2)})`,
        counted === undefined ? "" : `${Number(counted.toFixed(1))} rt`,
      ]
        .filter(Boolean)
        .join(" ");
    });
    return [label, ...cells];
  });
  return [[title, ...NAMES.map((operation) => OPERATIONS[operation])], ...rows];
}

function judge(operation: OperationName, taken: Record<string, number[]>): Target[] {
  return Object.keys(ENTRANTS).flatMap((name) => {
    const { kind, floor, label } = ENTRANTS[name]!;
    const ours = taken[name];
    if (kind !== "tiercel" || ours === undefined) return [];
    const plain = label.replaceAll("**", "");
    const base = taken[floor];
    const limits: Target[] = [];
    if (base !== undefined) {
      const received = ratio(ours, base);
      const what = `${OPERATIONS[operation]}, ${plain}: times what the raw client takes`;
      limits.push({ what, wanted: `at most ${MOST_TIMES}`, received, isMet: received <= MOST_TIMES });
    }
    // Clients differ more than caches: only what is built on the same one is compared.
    const peers = Object.keys(taken).filter(
      (peer) => ENTRANTS[peer]!.kind === "peer" && ENTRANTS[peer]!.floor === floor,
    );
    const best = peers.sort((a, b) => median(taken[a]!) - median(taken[b]!))[0];
    if (best !== undefined) {
      const received = ratio(taken[best]!, ours);
      const what = `${OPERATIONS[operation]}, ${plain}: times as fast as the fastest peer, ${ENTRANTS[best]!.label}`;
      limits.push({ what, wanted: "at least 1", received, isMet: received >= 1 });
    }
    return limits;
  });
}

function noiseOf(samples: Samples): string {
  const alone: number[] = [];
  const related: number[] = [];
  for (const taken of Object.values(samples)) {
    for (const [name, own] of Object.entries(taken)) {
      alone.push(spread(own));
      const base = taken[ENTRANTS[name]!.floor];
      if (base && base !== own) related.push(spread(ratios(own, base)));
    }
  }
  return alone.length === 0 || related.length === 0 ? "" : noise(alone, related);
}

/** The clients are of the project, the peers of this folder. */
function versions(samples: Samples): string {
  const measured = new Set(Object.values(samples).flatMap((taken) => Object.keys(taken)));
  const packages = new Set([...measured].flatMap((name) => ENTRANTS[name]!.packages));
  return [...packages].map((name) => `${name} ${peerVersion(name) ?? ownVersion(name) ?? "?"}`).join(", ");
}

function ownVersion(name: string): string | undefined {
  const manifest = fileURLToPath(new URL(`../../node_modules/${name}/package.json`, import.meta.url));
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version : undefined;
}
