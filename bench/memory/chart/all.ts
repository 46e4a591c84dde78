/**
 * The charts of a run, by the name of their file.
 */
import { median } from "../../measure.ts";
import { digits } from "../../table.ts";
import { OPERATIONS, type OperationName } from "../contender.ts";
import { ENTRANTS } from "../contenders/all.ts";
import { GROWING, PLAIN, type Plan } from "../plan.ts";
import { type Results, under } from "../targets.ts";
import { bars } from "./bars.ts";
import type { Series } from "./frame.ts";
import { lines } from "./lines.ts";

/** Draws what was measured, as far as there is enough of it. */
export function charts(results: Results, plan: Plan): Record<string, string> {
  return Object.fromEntries(
    Object.entries({
      "memory-times.svg": times(results, plan),
      "memory-bytes.svg": bytes(results, plan),
      "memory-growth.svg": growth(results, plan),
    }).filter((chart): chart is [string, string] => chart[1] !== undefined),
  );
}

/** What is awaited is another thing, and other checkouts are for whoever works on Tiercel. */
const SHOWN = Object.keys(ENTRANTS).filter((name) => !ENTRANTS[name]!.isAwaited && !name.endsWith("-against"));

const seriesOf = (name: string): Series => ({
  label: ENTRANTS[name]!.label.replaceAll("**", ""),
  isOurs: name === "tier",
});

function times({ played }: Results, { capacities }: Plan): string | undefined {
  const capacity = capacities.includes(10_000) ? 10_000 : capacities[0]!;
  const match = under(played, capacity, PLAIN);
  if (!match) return undefined;
  const shown = SHOWN.filter((name) => match.entrants.includes(name));
  const groups = (Object.keys(OPERATIONS) as OperationName[]).map((operation) => ({
    label: operation === "set" ? "set, with eviction" : OPERATIONS[operation],
    values: shown.map((name) => {
      const samples = match.times[operation][name];
      return samples && median(samples);
    }),
  }));
  return bars(`Nanoseconds per call, ${digits(capacity)} entries, string keys, no ttl`, shown.map(seriesOf), groups);
}

function bytes({ weighed }: Results, { heap }: Plan): string | undefined {
  if (weighed.length === 0) return undefined;
  const shown = SHOWN.filter((name) => weighed.some(({ entrant }) => entrant === name));
  const groups = heap.map((size) => ({
    label: `${digits(size)} entries`,
    values: shown.map((name) => {
      const footprint = weighed.find(({ entrant, capacity, ttl }) => entrant === name && capacity === size && !ttl);
      return footprint && footprint.footprint.filled.heap + footprint.footprint.filled.buffers;
    }),
  }));
  return bars("Bytes per entry beyond key and value, no ttl", shown.map(seriesOf), groups);
}

function growth({ played }: Results, { growth: sizes }: Plan): string | undefined {
  const matches = sizes.flatMap((size) => under(played, size, PLAIN) ?? []);
  if (matches.length < 2) return undefined;
  const drawn = GROWING.filter((name) => SHOWN.includes(name)).map((name) => ({
    ...seriesOf(name),
    points: matches.flatMap(({ setting, times }): [number, number][] => {
      const samples = times.hit[name];
      return samples ? [[setting.capacity, median(samples)]] : [];
    }),
  }));
  return lines("Time of a hit, by number of entries", drawn, "Nanoseconds", "entries");
}
