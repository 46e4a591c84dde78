/**
 * The public suite for HTTP caches (`http-cache-tests`, cache-tests.fyi) against a proxy made of `withHttpCache`, on every runtime that serves.
 *
 * Its tests wait real seconds, and a response that is fresh for two of them is stale too early where the machine stands still. So what fails
 * the test and has no reason is run by itself when all have ended, one runtime after the other, four times at most, and that is told.
 *
 *     TIERCEL_LONG=1    on every runtime, and not on Node alone
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { count, isNew, missingSuite, type Result, type Running, runSuite, SAYS, startOrigin } from "./http-suite.ts";
import { PROFILES, type Profile, RUNTIMES, type Runtime, startProxy } from "./http-suite-proxies.ts";

/** Tests that fail for a reason, by the beginning of their id. */
const REASONS: { starts: string; reason: string; on?: Runtime[]; in?: Profile; suite?: "new" | "old" }[] = [
  { starts: "interim-", reason: "fetch hides answers of status 1xx" },
  {
    starts: "age-parse-",
    reason: "RFC 9111 section 5.1 has Age ignored that is no number; this was RFC 7234",
    suite: "old",
  },
  { starts: "stale-close-", reason: "an answer of the proxy itself, 502, counts as one from the cache", suite: "old" },
  { starts: "headers-store-Transfer-Encoding", reason: "fetch of Bun refuses the response", on: ["bun"] },
  { starts: "headers-store-Content-Length", reason: "workerd tells the length of a body itself", on: ["workerd"] },
  { starts: "304-etag-update-response-Content-Length", reason: "as above", on: ["workerd"] },
  { starts: "invalidate-M-SEARCH", reason: "workerd answers this method with 501", on: ["workerd"] },
  { starts: "headers-store-Set-Cookie", reason: "stores no cookies", in: "safe" },
  { starts: "304-etag-update-response-Set-Cookie", reason: "stores no cookies", in: "safe" },
];

const isLong = Boolean(process.env.TIERCEL_LONG);

/** How often what failed is run once more. */
const MORE = 4;

const skip = missingSuite ?? false;
if (skip && process.env.CI) throw new Error(`Cannot skip tests in CI: ${skip}`);

const running: Running[] = [];
after(async () => {
  for (const one of running) await one.stop();
});

function reasonFor(id: string, runtime: Runtime, profile: Profile): string | undefined {
  return REASONS.find(
    ({ starts, on = [runtime], in: own = profile, suite: which }) =>
      id.startsWith(starts) && on.includes(runtime) && own === profile && (!which || (which === "new") === isNew),
  )?.reason;
}

/** What a cache says of two requests for one URL. */
async function sayings(url: string): Promise<string> {
  const said: (string | null)[] = [];
  for (let request = 0; request < 2; request++) said.push((await fetch(`${url}/lib/utils.mjs`)).headers.get(SAYS));
  return said.join(", then ");
}

/** The URL of a proxy with an origin of its own. */
async function start(runtime: Runtime, profile: Profile): Promise<string> {
  const origin = await startOrigin();
  running.push(origin);
  const proxy = await startProxy(runtime, origin.url, profile);
  running.push(proxy);
  return proxy.url;
}

// A run waits most of its time for entries to grow old, so all of them go at once.
test("the public suite", { skip, concurrency: true }, async (all) => {
  const pairs = PROFILES.flatMap((profile) =>
    RUNTIMES.filter((runtime) => isLong || runtime === "node").map((runtime) => ({
      runtime,
      profile,
    })),
  );
  const proxies = pairs.map((pair) => ({ ...pair, starting: start(pair.runtime, pair.profile) }));
  // No run while others start, which takes all of a small machine.
  await Promise.allSettled(proxies.map(({ starting }) => starting));
  const runs = proxies.map(({ starting, ...pair }) => ({
    ...pair,
    starting,
    first: starting.then((url) => runSuite(url)),
  }));
  let ended: Promise<unknown> = Promise.allSettled(runs.map(({ first }) => first));
  const tests = runs.map(({ runtime, profile, starting, first }) =>
    all.test(`${profile}, on ${runtime}`, async (t) => {
      const url = await starting;
      let results = await first;
      const unexplained = (): Result[] =>
        results.filter(({ id, kind, passed }) => !passed && kind !== "check" && !reasonFor(id, runtime, profile));
      // By default some are left out on purpose, as what guesses a lifetime, or takes "en, de" for "de, en".
      const least = profile === "strict" ? 0.95 : 0.77;
      /** What the test fails by. */
      const lacking = (): Result[] => {
        const [passed, listed] = count(results, "optimal");
        return unexplained().filter(({ kind }) => kind === "required" || passed < Math.floor(least * listed));
      };
      const again = async (): Promise<void> => {
        for (let more = 0; more < MORE && lacking().length > 0; more++) {
          const ids = lacking().map(({ id }) => id);
          const later = new Map((await runSuite(url, ids)).map((one) => [one.id, one]));
          for (const { id, detail } of lacking())
            if (later.get(id)?.passed) t.diagnostic(`${id} failed at first (${detail}), and passed by itself`);
          results = results.map((one) => later.get(one.id) ?? one);
        }
      };
      const own = ended.then(again);
      ended = own.catch(() => {});
      await own;
      const [required, optimal] = [count(results, "required"), count(results, "optimal")];
      t.diagnostic(
        `required ${required.join("/")}, optimal ${optimal.join("/")}, check ${count(results, "check").join("/")}`,
      );
      for (const { id, kind, passed } of results)
        if (kind === "required" && !passed) t.diagnostic(`${id}: ${reasonFor(id, runtime, profile) ?? "?"}`);
      // Two requests for what may be kept tell a cache that keeps nothing from one that ends too early.
      if (unexplained().length > 20) t.diagnostic(`${url} says: ${await sayings(url)}`);
      const told = unexplained().map(({ id, kind, detail }) => `${kind} ${id}: ${detail}`);
      assert.deepEqual(
        told.filter((one) => one.startsWith("required")),
        [],
      );
      assert.ok(
        optimal[0] >= Math.floor(least * optimal[1]),
        `optimal ${optimal.join("/")}, failed:\n${told.join("\n")}`,
      );
    }),
  );
  await Promise.all(tests);
});
