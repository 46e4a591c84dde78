import type { BreakerState } from "../../src/events.ts";
import { Breaker } from "../../src/stack/breaker.ts";
import type { TierOptions } from "../../src/tier.ts";
import type { TestCase } from "../contract/mod.ts";
import { equal, same, suite, throws } from "../contract/mod.ts";

function breaker(options?: TierOptions["breaker"]) {
  const states: BreakerState[] = [];
  const it = new Breaker(options, (state) => states.push(state));
  return { it, states };
}

const THREE = { failures: 3, window: 1000, cooldown: 500 };

export const tests: TestCase[] = suite("breaker", {
  "it opens at the limit of failures and not before": () => {
    const { it, states } = breaker(THREE);
    it.failed(0);
    it.failed(1);
    same(it.state, "closed");
    same(it.allows(1), true);
    it.failed(2);
    same(it.state, "open");
    same(it.allows(3), false);
    equal(states, ["open"]);
  },
  "five failures within ten seconds, and five seconds of rest, by default": () => {
    for (const options of [undefined, {}]) {
      const { it } = breaker(options);
      for (let i = 0; i < 4; i++) it.failed(i);
      same(it.state, "closed");
      it.failed(9_999);
      same(it.state, "open");
      same(it.allows(14_998), false);
      same(it.allows(14_999), true);
    }
  },
  "failures count while they are within the window": () => {
    const at = breaker(THREE);
    at.it.failed(0);
    at.it.failed(10);
    at.it.failed(999);
    same(at.it.state, "open");
    const over = breaker(THREE);
    over.it.failed(0);
    over.it.failed(10);
    over.it.failed(1000);
    same(over.it.state, "closed");
    over.it.failed(1009);
    same(over.it.state, "open");
  },
  "after the cooldown one operation is the probe, and its success closes": () => {
    const { it, states } = breaker(THREE);
    for (let i = 0; i < 3; i++) it.failed(0);
    same(it.allows(499), false);
    same(it.allows(500), true);
    same(it.state, "half-open");
    same(it.allows(500), false);
    same(it.allows(999), false);
    it.succeeded();
    same(it.state, "closed");
    same(it.allows(501), true);
    equal(states, ["open", "half-open", "closed"]);
    // Nothing of before counts any more.
    it.failed(501);
    it.failed(501);
    same(it.state, "closed");
  },
  "a probe that fails opens it for another cooldown, at once": () => {
    const { it, states } = breaker(THREE);
    for (let i = 0; i < 3; i++) it.failed(0);
    same(it.allows(600), true);
    it.failed(700);
    same(it.state, "open");
    same(it.allows(1199), false);
    same(it.allows(1200), true);
    equal(states, ["open", "half-open", "open", "half-open"]);
  },
  "a probe that never answers is replaced after another cooldown": () => {
    const { it } = breaker(THREE);
    for (let i = 0; i < 3; i++) it.failed(0);
    same(it.allows(500), true);
    same(it.allows(999), false);
    same(it.allows(1000), true);
    same(it.allows(1001), false);
  },
  "success while it is closed forgets nothing": () => {
    const { it } = breaker(THREE);
    it.failed(0);
    it.failed(1);
    it.succeeded();
    it.failed(2);
    same(it.state, "open");
  },
  "a change is told once": () => {
    const { it, states } = breaker({ ...THREE, failures: 1 });
    it.failed(0);
    it.failed(1);
    it.failed(2);
    equal(states, ["open"]);
    it.succeeded();
    it.succeeded();
    equal(states, ["open", "closed"]);
  },
  "false never opens": () => {
    const { it, states } = breaker(false);
    for (let i = 0; i < 1000; i++) it.failed(0);
    same(it.allows(0), true);
    equal(states, []);
  },
  "durations are durations": () => {
    const { it } = breaker({ failures: 1, window: "1m", cooldown: "2s" });
    it.failed(0);
    same(it.allows(1999), false);
    same(it.allows(2000), true);
  },
  "limits and times must be above 0": () => {
    for (const wrong of [0, -1, Number.NaN] as never[]) {
      for (const option of ["failures", "window", "cooldown"]) throws(() => breaker({ [option]: wrong }), "CONFIG");
    }
    throws(() => breaker({ failures: "5" as never }), "CONFIG");
    throws(() => breaker({ window: "soon" }), "CONFIG");
  },
});
