/**
 * The public suite for HTTP caches (cache-tests.fyi) against Tiercel on every runtime, and against nginx, Varnish and Squid from Debian: the table
 * in docs/http.md.
 *
 * `--only nginx,squid` leaves out the rest; `tiercel` stands for all of ours. What this machine does not have is installed where it may be, else told of
 * and left out. Another checkout of the suite is taken from HTTP_CACHE_TESTS.
 */
import {
  count,
  missingSuite,
  type Result,
  type Running,
  runSuite,
  startOrigin,
  suite,
} from "../../test/process/http-suite.ts";
import { PROFILES, RUNTIMES, startProxy } from "../../test/process/http-suite-proxies.ts";
import { asMarkdown } from "../table.ts";
import { CACHES, prepare, startCache, versionOf } from "./debian.ts";

/** Something to run the suite against. */
interface Entrant {
  readonly name: string;
  start(origin: string): Promise<Running>;
}

/** Runs at the same time: with more, a busy machine makes entries old before their time. */
const AT_ONCE = 3;

/** Runs the suite and prints the table. */
export async function compareHttpCaches({ only }: { only?: string | undefined } = {}): Promise<void> {
  if (missingSuite) throw new Error(missingSuite);
  const isWanted = (name: string): boolean => only === undefined || only.split(",").includes(name);
  const others = Object.keys(CACHES).filter(isWanted);
  const missing = await prepare(others);
  for (const [name, reason] of missing) console.log(`bench: without ${name}: ${reason}`);
  const entrants: Entrant[] = others
    .filter((name) => !missing.has(name))
    .map((name) => ({ name: `${name} ${versionOf(name)}`, start: (origin) => startOther(name, origin) }));
  if (isWanted("tiercel"))
    for (const profile of PROFILES)
      for (const runtime of RUNTIMES)
        entrants.push({
          name: `Tiercel, ${profile}, ${runtime}`,
          start: (origin) => startProxy(runtime, origin, profile),
        });
  const rows: string[][] = [];
  for (let at = 0; at < entrants.length; at += AT_ONCE) {
    // All have stopped before one that failed ends it.
    const outcomes = await Promise.allSettled(entrants.slice(at, at + AT_ONCE).map(rowOf));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") throw outcome.reason;
      rows.push(outcome.value);
    }
  }
  console.log(`The suite in ${suite}:\n\n${asMarkdown([["cache", "required", "optimal"], ...rows])}`);
}

async function startOther(name: string, origin: string): Promise<Running> {
  const server = await startCache(name, origin);
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop() };
}

async function rowOf({ name, start }: Entrant): Promise<string[]> {
  const origin = await startOrigin();
  try {
    const cache = await start(origin.url);
    try {
      const results = await again(cache.url, await runSuite(cache.url));
      return [name, ...(["required", "optimal"] as const).map((kind) => count(results, kind).join(" of "))];
    } finally {
      await cache.stop();
    }
  } finally {
    await origin.stop();
  }
}

/** What failed is run once more by itself, as a test waits real seconds. */
async function again(url: string, results: readonly Result[]): Promise<Result[]> {
  const failed = results.filter(({ kind, passed }) => kind !== "check" && !passed).map(({ id }) => id);
  const second = new Map(failed.length === 0 ? [] : (await runSuite(url, failed)).map((one) => [one.id, one]));
  return results.map((one) => second.get(one.id) ?? one);
}
