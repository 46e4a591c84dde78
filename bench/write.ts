/**
 * `--write`: puts the tables where they are read.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Texts } from "./report.ts";

const inside = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const SECTION = /(<!-- bench -->)[\s\S]*?(<!-- \/bench -->)/;
const TAGS = /<!-- bench:tags -->[\s\S]*?<!-- \/bench:tags -->\n/;
const STORES = /<!-- bench:stores -->[\s\S]*?<!-- \/bench:stores -->\n/;

/** Writes docs/benchmarks.md but for its sections on tags and stores, and what is between the marks in README.md. */
export function write({ tables, document }: Texts): void {
  const path = inside("docs/benchmarks.md");
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  const kept = [TAGS, STORES].flatMap((section) => section.exec(before)?.[0] ?? []);
  mkdirSync(inside("docs"), { recursive: true });
  writeFileSync(path, `${METHOD}\n${document}\n${kept.map((section) => `\n${section}`).join("")}`);
  const readme = inside("README.md");
  const text = existsSync(readme) ? readFileSync(readme, "utf8") : "";
  const written = text.replace(SECTION, (_, begin, end) => `${begin}\n${tables}\n${end}`);
  if (SECTION.test(text)) writeFileSync(readme, written);
  else console.log("bench: README.md has no <!-- bench --> section: left alone");
}

/** Writes the section on tags at the end of docs/benchmarks.md, or in the place of the one that is there. */
export function writeTags(document: string): void {
  writeSection("tags", TAGS, document);
}

/** The same for the section on stores. */
export function writeStores(document: string): void {
  writeSection("stores", STORES, document);
}

function writeSection(name: string, place: RegExp, document: string): void {
  const path = inside("docs/benchmarks.md");
  const section = `<!-- bench:${name} -->\n\n${document}\n\n<!-- /bench:${name} -->\n`;
  const text = existsSync(path) ? readFileSync(path, "utf8") : "# Benchmarks\n";
  writeFileSync(path, place.test(text) ? text.replace(place, () => section) : `${text}\n${section}`);
}

const METHOD = `# Benchmarks

Written by \`npm run bench -- --write\`. To see them on your own machine: \`npm run bench\` (about three minutes, after
the peers were installed into bench/node_modules on the first run); \`--quick\` takes 30 seconds and is rougher, and
\`--against <folder>\` adds another checkout of Tiercel.

## Method

- Every contender has a process of its own. They take turns, sample by sample, so that whatever else the machine does hits
  all alike. The order rotates. A ratio is the median of the ratios of the rounds, each between two samples that were
  taken within a few seconds.
- Rounds for warming up come first and do not count, nor does the first run of every sample. What the garbage collector does
  in a sample is part of it.
- 10,000 keys, strings such as \`user:1234\`, in an order that is random and always the same; caches with a bound are bounded
  to these 10,000. Every entry has a ttl of an hour, except where the table says "no ttl".
- Calls are awaited one after the other; a read that misses, or a hit that loads, ends the run.
- Values are records of eight properties, about 300 bytes as CBOR. In memory Tiercel keeps them by reference, and so do the
  peers wherever they offer it: bentocache has \`serialize: false\`, cache-manager a Keyv without serialisation, as its
  README shows for memory. cacheable is used as its README begins. Each peer is set up in bench/contenders/peers.ts.
- \`getOrSet\` is \`fetch\` in lru-cache, \`wrap\` in cache-manager, \`cachified()\`, the defined function in async-cache-dedupe, and
  \`swr\` in @unkey/cache. A peer without a call for something has no number there.
- SQLite has a file of its own for every contender and no memory before it. The floor is node:sqlite with a statement that
  stays prepared, the pragmas of Tiercel (WAL, \`synchronous = NORMAL\`), and \`encode\` and \`decode\` of cbor-x. It keeps no ttl, tags or
  checksum, and its answer is no promise. \`set\`s one by one are a transaction each; its 1,000 at once are one transaction.
  @keyv/sqlite has no option for WAL and waits for the disk at every set.

## How to read it

Nanoseconds belong to the machine, ratios travel better. Trust a difference only when it is well above the noise that the run
reports. On a busy machine with Linux, \`taskset -c 1 npm run bench\` keeps all contenders on one core, which steadies the ratios.

A hit in memory costs mostly the \`await\` and, with a ttl, one look at the clock. lru-cache takes the clock's time once and then
uses it until a timer of 1 ms fires, which no timer does while promises alone are at work, as here; hence its \`fetch\` costs the
same with a ttl and without. Tiercel looks at the clock at every hit, so that nothing is served after its time.
`;
