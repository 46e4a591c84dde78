import { equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createCache, defineTier, memory } from "../../mod.ts";
import { prometheus } from "../../src/observe/prometheus.ts";
import { mapTier } from "../contract/mod.ts";
import { programPath, serverTest } from "../servers/available.ts";

/** What promtool says; nothing when all is well. */
function check(text: string): string {
  const { status, stdout, stderr } = spawnSync(programPath("promtool")!, ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  });
  return status === 0 && stderr === "" && stdout === "" ? "" : `${status} ${stdout}${stderr}`;
}

serverTest("promtool", "promtool accepts the text of two caches, with everything in it that there can be", async () => {
  const caches = ["one", "two"].map((name) =>
    createCache({ name, sweepInterval: 0, tiers: [memory({ maxBytes: 1_000 }), defineTier(mapTier())] }),
  );
  const metrics = prometheus(caches, { labels: { region: 'a "quoted"\\ \n text' } });
  equal(check(metrics.text()), "");
  for (const cache of caches) {
    for (let i = 0; i < 50; i++) await cache.getOrSet(`${i}`, () => "x".repeat(50));
    await cache.getOrSet("bad", () => Promise.reject(new RangeError())).catch(() => {});
    await cache.get("none");
    await cache.evict("49");
    await cache.invalidatePattern("4*");
  }
  equal(check(metrics.text()), "");
  equal(check(prometheus(caches[0]!, { prefix: "my_app" }).text()), "");
  // It does find faults.
  equal(check(metrics.text().replace("# HELP tiercel_sets_total", "# Help tiercel_sets_total")) === "", false);
  for (const cache of caches) await cache.close();
});
