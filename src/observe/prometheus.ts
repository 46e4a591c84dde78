/**
 * The numbers of caches for Prometheus, `tiercel/prometheus`.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { checkOptions, invalid } from "../errors.ts";
import type { AnyScopes } from "../scope/types.ts";
import type { CacheStats, TierStats } from "../stats.ts";
import { verbsOf } from "../verbs/inside.ts";
import { Exposition } from "./exposition.ts";
import { type LoadTimes, loadTimes } from "./load-times.ts";

/** Options of {@linkcode prometheus}. */
export interface PrometheusOptions {
  /** Before every name. Default `"tiercel"`. */
  prefix?: string | undefined;
  /** Labels of every sample, such as `{ region: "eu" }`. */
  labels?: Readonly<Record<string, string>> | undefined;
}

/** Caches as Prometheus reads them. */
export interface PrometheusMetrics {
  /** The text of all metrics now. Costs a look at the counters. */
  text(): string;
  /** For the header of the response. */
  readonly contentType: string;
  /** A response with both, whatever the request. */
  response(): Response;
  /** Ends the counting of the times of loads. */
  stop(): void;
}

/**
 * Metrics of one cache or of several, told apart by the label `cache`, in Prometheus's text format 0.0.4. Keys and tags are never in
 * them. A namespace may be given as well, and counts its own reads, but note that its cache counts them too.
 *
 * @throws {ConfigError} for two caches of one name, or a wrong option
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { prometheus } from "tiercel/prometheus";
 *
 * const cache = createCache({ name: "app" });
 * const metrics = prometheus(cache);
 * const handler = () => metrics.response();
 * ```
 */
export function prometheus(
  caches: Cache<AnyScopes> | Iterable<Cache<AnyScopes>>,
  options: PrometheusOptions = {},
): PrometheusMetrics {
  checkOptions(options);
  const { prefix = "tiercel", labels = {} } = options;
  const all = Symbol.iterator in Object(caches) ? [...(caches as Iterable<Cache<AnyScopes>>)] : [caches as Cache];
  const prefixes = all.map((cache) => verbsOf(cache).space.prefix);
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(prefix)) throw invalid("prefix", "a name for Prometheus", prefix);
  checkOptions(labels, "labels");
  for (const [label, text] of Object.entries(labels)) {
    if (!/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) || OWN.includes(label))
      throw invalid("labels", `named by letters, digits and _, not __ first, and not ${OWN.join(", ")}`, label);
    if (typeof text !== "string") throw invalid(`labels.${label}`, "a string", text);
  }
  const twice = all.find((cache, i) => all.findIndex(({ name }) => name === cache.name) !== i);
  if (twice) throw invalid("caches", "of different names", twice.name);
  // Loads are told of by the cache as a whole.
  const times = all.map((cache, i) => (prefixes[i] === "" ? loadTimes(cache) : undefined));
  const contentType = "text/plain; version=0.0.4; charset=utf-8";
  const text = (): string => {
    const exposition = new Exposition(prefix, labels);
    const samples = all.map((cache, i) => ({ name: cache.name, stats: cache.stats(), times: times[i] }));
    for (const write of [writeCaches, writeTiers, writeTimes]) write(exposition, samples);
    return exposition.text;
  };
  return {
    text,
    contentType,
    response: () => new Response(text(), { headers: { "content-type": contentType } }),
    stop() {
      for (const one of times) one?.stop();
    },
  };
}

/** Labels that are ours. */
const OWN = ["cache", "tier", "outcome", "reason", "state", "le"];

interface Sample {
  readonly name: string;
  readonly stats: CacheStats;
  readonly times: LoadTimes | undefined;
}

function writeCaches(exposition: Exposition, samples: readonly Sample[]): void {
  exposition.family("reads_total", "counter", "Reads by outcome: hit, stale hit or miss.", (sample) => {
    for (const { name, stats } of samples)
      for (const [outcome, number] of [
        ["hit", stats.hits],
        ["stale", stats.staleHits],
        ["miss", stats.misses],
      ] as const)
        sample(number, { cache: name, outcome });
  });
  const counters = {
    sets: "Values stored.",
    deletes: "Entries deleted by the caller.",
    loads: "Calls of loaders.",
    loadErrors: "Calls of loaders that failed.",
  } as const;
  for (const [counter, help] of Object.entries(counters))
    exposition.family(`${snake(counter)}_total`, "counter", help, (sample) => {
      for (const { name, stats } of samples) sample(stats[counter as keyof typeof counters], { cache: name });
    });
  exposition.family(
    "evictions_total",
    "counter",
    "Entries that left before they were asked to, by reason.",
    (sample) => {
      for (const { name, stats } of samples)
        for (const [reason, number] of Object.entries(stats.evictions)) sample(number, { cache: name, reason });
    },
  );
}

/** Counters of a tier, with what they are. */
const TIER_COUNTERS = {
  hits: "Reads of a tier that found an entry.",
  misses: "Reads of a tier that found none.",
  sets: "Entries written to a tier.",
  deletes: "Entries deleted from a tier.",
  expiries: "Entries removed from a tier since their time was over.",
  evictions: "Entries that a tier gave up before their time.",
  promotions: "Entries copied up into a tier.",
  errors: "Faults of a tier.",
  corrupt: "Stored bytes that could not be read.",
} as const;

const STATES = ["closed", "open", "half-open"] as const;

function writeTiers(exposition: Exposition, samples: readonly Sample[]): void {
  const each = (visit: (tier: TierStats, labels: Record<string, string>) => void): void => {
    for (const { name, stats } of samples)
      for (const tier of stats.tiers) visit(tier, { cache: name, tier: tier.name });
  };
  for (const [counter, help] of Object.entries(TIER_COUNTERS))
    exposition.family(`tier_${snake(counter)}_total`, "counter", help, (sample) =>
      each((tier, labels) => sample(tier[counter as keyof typeof TIER_COUNTERS], labels)),
    );
  const gauges = {
    entries: ["entries", "Entries in a tier in this process.", undefined],
    maxEntries: ["max_entries", "Most entries that the tier may hold.", undefined],
    bytes: ["memory_bytes", "Estimated memory of the entries of a tier in this process.", "bytes"],
    maxBytes: ["max_memory_bytes", "Most memory that the entries may take.", "bytes"],
  } as const;
  for (const [gauge, [name, help, unit]] of Object.entries(gauges))
    exposition.family(
      `tier_${name}`,
      "gauge",
      help,
      (sample) =>
        each((tier, labels) => {
          const number = tier[gauge as keyof typeof gauges];
          if (number !== undefined) sample(number, labels);
        }),
      unit,
    );
  exposition.family(
    "tier_breaker_state",
    "gauge",
    "1 for the state that the breaker of a tier is in, else 0.",
    (sample) =>
      each((tier, labels) => {
        for (const state of STATES) sample(tier.breaker === state ? 1 : 0, { ...labels, state });
      }),
  );
}

function writeTimes(exposition: Exposition, samples: readonly Sample[]): void {
  exposition.histogram(
    "load_duration_seconds",
    "How long calls of loaders took.",
    "seconds",
    samples.flatMap(({ name, times }) =>
      times
        ? [
            {
              labels: { cache: name },
              bounds: times.bounds.map((ms) => ms / 1_000),
              counts: times.counts,
              sum: times.sum / 1_000,
            },
          ]
        : [],
    ),
  );
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
