import { createCache, defineTier } from "../../../mod.ts";
import { equal, ok, same } from "../../contract/assert.ts";
import { fakeClock } from "../../contract/fake-clock.ts";
import { mapTier } from "../../contract/map-tier.ts";
import { settle } from "../../contract/settle.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** A cache over a store that clears in parts, each of which is done when the test says so. */
function rig() {
  const { sync: _, stack: __, ...inner } = mapTier();
  const clock = fakeClock();
  let tell = () => {};
  let end = () => {};
  const tier = defineTier({
    ...inner,
    capabilities: { ...inner.capabilities, sync: false, local: false },
    options: { timeout: 100 },
    clear(_prefix: string, _now: number, progress?: () => void) {
      tell = () => progress?.();
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    },
  });
  const cache = createCache({ tiers: [tier], clock, ttl: "1h" });
  const errors: unknown[] = [];
  cache.on("error", ({ error }) => errors.push(error));
  return { cache, clock, errors, tell: () => tell(), end: () => end() };
}

export const tests: TestCase[] = suite("long clears", {
  async "have the time budget anew after each part"() {
    const { cache, clock, errors, tell, end } = rig();
    let isDone = false;
    const cleared = cache.clear().then(() => {
      isDone = true;
    });
    for (let part = 0; part < 5; part++) {
      await clock.advance(90);
      tell();
      await settle();
      same(isDone, false);
    }
    end();
    await cleared;
    equal(errors, []);
    await cache.close();
  },
  async "are given up when a part takes longer than that"() {
    const { cache, clock, errors, tell } = rig();
    const cleared = cache.clear();
    await clock.advance(90);
    tell();
    await clock.advance(99);
    equal(errors, []);
    await clock.advance(1);
    await cleared;
    ok(errors.length > 0);
    // Which tries it once more.
    const closed = cache.close();
    await clock.advance(100);
    await closed;
  },
});
