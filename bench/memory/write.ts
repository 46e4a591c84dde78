/**
 * `--write`: docs/memory-benchmarks.md and its charts.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CALLS, EXPONENT, UNIVERSE } from "./operations.ts";

const inside = (path: string): string => fileURLToPath(new URL(`../../docs/${path}`, import.meta.url));

/** Writes the page and the charts that are in it. */
export function writeMemory(document: string, charts: Readonly<Record<string, string>>): void {
  mkdirSync(inside(""), { recursive: true });
  for (const [name, chart] of Object.entries(charts)) writeFileSync(inside(name), chart);
  const images = Object.entries(charts).map(([name, chart]) => `![${titleOf(chart)}](${name})`);
  writeFileSync(inside("memory-benchmarks.md"), `${[METHOD, ...images, document].join("\n\n")}\n`);
}

const titleOf = (chart: string): string => /<title>(.*?)<\/title>/.exec(chart)?.[1] ?? "";

const METHOD = `# Benchmarks of the memory tier

Written by \`npm run bench:memory -- --write\`. To see them on your own machine: \`npm run bench:memory\` (about nine minutes, after
the peers were installed into bench/node_modules on the first run); \`--quick\` takes less than one and is rougher, and \`--only
times,growth\` or \`--only tier,lru-cache\` leaves out the rest.

- Every contender has a process of its own for each size, and below a million entries three, one after the other. They take turns, sample by sample and in an order that rotates, so
  that whatever else the machine does hits all alike. A ratio is the median of the ratios of the rounds. All operations
  have run for a while before the first is measured, so that the compiler has seen hits, misses and evictions.
- _Tiercel, memory tier_ is what a hit or a write of the cache comes down to: \`fresh(key)\`, and \`keep\` with the time:
  that of the turn without a ttl, the clock's with one. _Whole cache_ is \`createCache({ maxEntries })\`, whose calls are awaited one after the
  other; it is left out where it would tell nothing new.
- Keys are strings such as \`key:1234\`, made beforehand, so that their hash is known. In columns with "numbers" the peers have numbers
  as keys; Tiercel's keys are strings, so it has the strings of the same numbers. All have one and the same value.
- _get, hit_: all keys of a full cache, in random order. _set_: keys that were never there, into a full cache, so that each evicts one.
  _zipf mixed_: \`get\`, and on a miss \`set\`, of keys by Zipf's law with exponent ${EXPONENT} among ${UNIVERSE} times the capacity. _read-through_: the
  same, uniform among twice the capacity; \`getOrSet\` in the whole cache. Keys are drawn before each run, which is
  ${CALLS.toLocaleString("en")} calls, and the event loop turns between runs; of the mixed ones a call is one request.
- With "ttl", every entry has one of an hour. Neither Tiercel nor lru-cache asks the system's clock at every hit: one asks once in a
  turn of the event loop, the other once in a millisecond. mnemonist and the Map have no ttl.
- The floor is a Map that gives up the key that came first. quick-lru keeps up to twice as many entries as it is bounded to,
  hence its share of hits. transitory evicts in a task of its own, here between two runs. mnemonist is \`LRUCache\` for strings and \`LRUMap\` for numbers, as its README says.
- Bytes are \`heapUsed\` and \`arrayBuffers\` after two collections, less the same before the cache was made; keys, and the one value, are made
  before. V8's Map doubles its table under turnover, which every cache on a Map pays for.`;
