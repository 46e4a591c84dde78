/** The contract of the libSQL tier where there are no files: on the build for the web, which is bundled. */
import { createClient } from "@libsql/client/web";
import { libsql } from "../../../adapters/libsql.ts";
import { TABLES } from "../../../adapters/sql/schema.ts";
import { createCache, memory } from "../../../mod.ts";
import { equal, same } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";
import { tierContract } from "../../contract/tier-contract.ts";

/**
 * The server of the tests (sqld 0.24.32) may stop answering when many write at once, and at the edge nothing queues them.
 * With slots, as elsewhere, these run.
 */
const RACES = [
  "answers every one of parallel invalidations another sequence",
  "gives the lease of a key to one of many readers at a time",
  "gives one lease in all to readers of a key that its holder makes fresh meanwhile",
  "gives one lease in all to openers that race for a key which its holder makes fresh meanwhile",
  "loses none of many changes that two openers make while a third looks again and again",
  "keeps everything that 100 parallel writes bring",
  "never throws, tears or invents a value when reads race writes and deletes",
];

/** Nothing here is about the time that a server takes. */
const PATIENT = { timeout: "1m" } as const;

/** The tests, on the database at a URL. */
export function testsOf(url: string): TestCase[] {
  const client = () => createClient({ url });
  const empty = () =>
    client().batch(
      TABLES.map((table) => `DROP TABLE IF EXISTS ${table}`),
      "write",
    );
  const contract = tierContract({
    name: "libsql",
    capabilities: { keys: true, tags: true, leases: true, journal: true, durable: true, shared: true },
    async create() {
      await empty();
      return { tier: libsql(url, PATIENT), reopen: () => libsql(url, PATIENT) };
    },
    skip: RACES.map((test) => ({ test, reason: "sqld may stop answering when many write at once" })),
  });
  const whole = suite("libsql in a cache", {
    "is opened by a URL, lazily, and shared": async () => {
      await empty();
      const [one, two] = [0, 1].map(() => createCache({ tiers: [memory(), libsql(url, PATIENT)], coherence: 0 }));
      await one!.set("k", 1, { tags: ["t"] });
      same(await two!.get("k"), 1);
      await one!.invalidateTags(["t"]);
      equal([await one!.get("k"), await two!.get("k")], [undefined, undefined]);
    },
    "is a miss while the server is away": async () => {
      const cache = createCache({ tiers: [memory(), libsql("http://127.0.0.1:9")] });
      let faults = 0;
      cache.on("error", () => faults++);
      same(await cache.getOrSet("k", () => "loaded"), "loaded");
      same(faults > 0, true);
    },
  });
  return [...contract.filter(({ skip }) => skip === undefined), ...whole];
}

/** What became of a test: nothing when it passed. */
export async function failureOf({ run }: TestCase): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return String((error as Error).stack ?? error);
  }
}
