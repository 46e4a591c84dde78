/**
 * The traces, and what others measured on them. They stand beside the project; on a machine without them nothing is simulated.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const folder = fileURLToPath(new URL("../../../shared/traces/", import.meta.url));

/** One trace at one size of the cache, with the hit ratio of each reference policy by its name. */
export interface Point {
  readonly trace: string;
  readonly capacity: number;
  readonly reference: Readonly<Record<string, number>>;
}

export const hasTraces: boolean = existsSync(`${folder}REFERENCE.tsv`);

/** Below it even who knows the future hits nearly nothing, and a ratio to that says nothing. */
const LEAST = 0.02;

/** The points of the reference table at which there is something to hit. */
export function points(): Point[] {
  const all = new Map<string, { trace: string; capacity: number; reference: Record<string, number> }>();
  const [, ...rows] = readFileSync(`${folder}REFERENCE.tsv`, "utf8").trim().split("\n");
  for (const row of rows) {
    const [trace, capacity, policy, hitRatio] = row.split("\t") as [string, string, string, string];
    const point = all.get(`${trace} ${capacity}`) ?? { trace, capacity: Number(capacity), reference: {} };
    point.reference[policy] = Number(hitRatio);
    all.set(`${trace} ${capacity}`, point);
  }
  return [...all.values()].filter(({ reference }) => reference.OPT! > LEAST);
}

/** The keys of a trace in order. */
export function keysOf(trace: string): string[] {
  return gunzipSync(readFileSync(`${folder}${trace}.gz`))
    .toString()
    .trimEnd()
    .split("\n");
}
