import * as fc from "fast-check";
import { monotonicClock, systemClock } from "../../src/clock.ts";
import type { TestCase } from "../contract/mod.ts";
import { ok, same, suite } from "../contract/mod.ts";

/** Two clocks that the test sets. */
function clocks() {
  const hands = { wall: 1_000_000, steady: 0 };
  const now = monotonicClock(
    () => hands.wall,
    () => hands.steady,
  );
  const pass = (ms: number) => {
    hands.wall += ms;
    hands.steady += ms;
  };
  return { hands, now, pass };
}

export const tests: TestCase[] = suite("clock", {
  "it shows the wall clock's time": () => {
    const { now, pass } = clocks();
    same(now(), 1_000_000);
    pass(5);
    same(now(), 1_000_005);
  },
  "it follows the wall clock forward": () => {
    const { hands, now, pass } = clocks();
    now();
    hands.wall += 3_600_000;
    same(now(), 4_600_000);
    pass(1);
    same(now(), 4_600_001);
  },
  "it goes on, at its own pace, while the wall clock stands behind": () => {
    const { hands, now, pass } = clocks();
    now();
    hands.wall -= 3_600_000;
    same(now(), 1_000_000);
    pass(10);
    same(now(), 1_000_010);
    hands.wall += 3_600_000;
    same(now(), 1_000_010);
    pass(10);
    same(now(), 1_000_020);
  },
  "it never goes back, and never lags behind the wall clock by a millisecond": () => {
    const step = fc.record({
      pass: fc.double({ min: 0, max: 1e7, noNaN: true }),
      jump: fc.integer({ min: -1e9, max: 1e9 }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { hands, now, pass } = clocks();
        let last = now();
        for (const { pass: ms, jump } of steps) {
          pass(ms);
          hands.wall += jump;
          const next = now();
          ok(next >= last, `${next} after ${last}`);
          ok(next > hands.wall - 1, `${next} by a wall clock of ${hands.wall}`);
          last = next;
        }
      }),
      { seed: 20261121 },
    );
  },
  "half a millisecond of difference is no step": () => {
    const { hands, now } = clocks();
    now();
    hands.wall += 0.4;
    same(now(), 1_000_000);
  },
  "the system's clock shows the time in whole milliseconds, and does not go back": () => {
    const first = systemClock.now();
    ok(Number.isInteger(first));
    ok(Math.abs(first - Date.now()) < 60_000, `${first} by a wall clock of ${Date.now()}`);
    for (let i = 0; i < 1000; i++) ok(systemClock.now() >= first);
  },
  "timers of the system's clock fire and can be cancelled": async () => {
    let cancelled = true;
    const timer = systemClock.setTimer(() => {
      cancelled = false;
    }, 0);
    systemClock.clearTimer(timer);
    systemClock.clearTimer(undefined);
    await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 1));
    await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 1));
    ok(cancelled);
  },
  "a timer of months does not fire at once": async () => {
    let fired = false;
    const timer = systemClock.setTimer(
      () => {
        fired = true;
      },
      2 ** 33,
      true,
    );
    await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 5));
    systemClock.clearTimer(timer);
    ok(!fired);
  },
});
