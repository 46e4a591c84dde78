/**
 * Hit ratios over traces, each policy as a read-through cache: what is not there is put there.
 *
 * Prints a table for people, and for machines a line for each point: trace, capacity, policy and hit ratio, with tabs between.
 * `--quick` leaves the peers out.
 */
import { parseArgs } from "node:util";
import { type EvictionRule, fifo, lfu, lru, memory } from "../../mod.ts";
import type { Contender, Setting } from "../memory/contender.ts";
import { lruCache, mnemonist, quickLru, tinyLru } from "../memory/contenders/peers.ts";
import { installPeers } from "../peer.ts";
import { asText } from "../table.ts";
import { hasTraces, keysOf, type Point, points } from "./traces.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } }, strict: false });

/** The memory tier, fed as the core does it. */
function tiercel(policy?: EvictionRule) {
  return ({ capacity }: Setting): Contender => {
    const tier = memory({ maxEntries: capacity, ...(policy && { policy }) });
    const rest = { createdAt: 1, freshUntil: Infinity, staleUntil: Infinity, tags: [], loadTime: 0 };
    return {
      get: (key) => tier.fresh!(key as string, 0, 1),
      set: (key, value) =>
        tier.sync.setMany(
          [{ key: key as string, entry: { ...rest, value, sequence: undefined, version: undefined } }],
          1,
        ),
    };
  };
}

const OURS: Record<string, (setting: Setting) => Contender | Promise<Contender>> = {
  Tiercel: tiercel(),
  "Tiercel, lru()": tiercel(lru()),
  "Tiercel, lfu()": tiercel(lfu()),
  "Tiercel, fifo()": tiercel(fifo()),
};

/** Without transitory, which evicts in a later task and is past its bound until then: the reference has it. */
const PEERS: typeof OURS = {
  "lru-cache": lruCache,
  "tiny-lru": tinyLru,
  mnemonist,
  // It keeps up to twice what it is told.
  "quick-lru, half": (setting) => quickLru({ ...setting, capacity: Math.max(1, Math.floor(setting.capacity / 2)) }),
};

/** Hits per request. */
function hitRatio({ get, set }: Contender, keys: readonly string[]): number {
  let hits = 0;
  for (const key of keys) {
    if (get(key) === undefined) set(key, 1);
    else hits++;
  }
  return hits / keys.length;
}

/** What a policy comes to over all points. */
function summary(name: string, all: readonly Point[], of: (point: Point) => number | undefined): string[] {
  const known = all.flatMap((point) => {
    const ratio = of(point);
    return ratio === undefined ? [] : [{ ratio, ...point }];
  });
  const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const above = known.map(({ ratio, reference }) => (ratio - reference.LRU!) * 100);
  return [
    name,
    mean(known.map(({ ratio, reference }) => ratio / reference.OPT!)).toFixed(3),
    mean(above).toFixed(1),
    Math.min(...above).toFixed(1),
    String(above.filter((points) => points < -1).length),
  ];
}

if (!hasTraces) console.log("Hit ratios are not simulated, as the traces are not beside the project");
else await simulate();

async function simulate(): Promise<void> {
  if (!values.quick) installPeers();
  const contenders = values.quick ? OURS : { ...OURS, ...PEERS };
  const all = points();
  const ratios = new Map<string, Map<Point, number>>();
  const failed = new Set<string>();
  for (const trace of new Set(all.map((point) => point.trace))) {
    const keys = keysOf(trace).map((key) => `k${key}`);
    for (const point of all.filter((one) => one.trace === trace)) {
      for (const [name, make] of Object.entries(contenders)) {
        try {
          const contender = await make({ capacity: point.capacity, ttl: false, keys: "string" });
          const byPoint = ratios.get(name) ?? new Map<Point, number>();
          ratios.set(name, byPoint.set(point, hitRatio(contender, keys)));
        } catch {
          failed.add(name);
        }
      }
    }
  }
  const references = [...new Set(all.flatMap(({ reference }) => Object.keys(reference)))];
  const rows = [
    ...[...ratios].map(([name, byPoint]) => summary(name, all, (point) => byPoint.get(point))),
    ...references.map((name) => summary(`${name} (reference)`, all, ({ reference }) => reference[name])),
  ].sort((a, b) => Number(b[1]) - Number(a[1]));
  const head = ["Hit ratios, means", "of OPT's", "points above LRU", "worst", "points below by 1"];
  console.log(asText([head, ...rows]));
  for (const name of failed) console.log(`${name} failed at some points`);
  for (const [name, byPoint] of ratios)
    for (const [{ trace, capacity }, ratio] of byPoint)
      console.log(`${trace}\t${capacity}\t${name}\t${ratio.toFixed(6)}`);
}
