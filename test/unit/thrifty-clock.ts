import { monotonicClock, thriftyClock } from "../../src/clock.ts";
import { ok, same } from "../contract/assert.ts";
import { seededRandom } from "../contract/seeded-random.ts";
import { suite, type TestCase } from "../contract/suite.ts";

/** The two clocks of a machine on which time passes by hand, and how often the steady one was looked at. */
function machine(start = 1_000_000): {
  time: number;
  step: number;
  looks: number;
  held: number;
  wall(): number;
  steady(): number;
} {
  return {
    time: 0,
    step: 0,
    looks: 0,
    held: 0,
    wall() {
      const now = Math.floor(start + this.time + this.step);
      this.time += this.held;
      return now;
    },
    steady() {
      this.looks++;
      const now = this.time;
      this.time += this.held;
      return now;
    },
  };
}

export const tests: TestCase[] = suite("thrifty clock", {
  "looks at one clock only, but every 20 ms"() {
    const clocks = machine();
    const now = thriftyClock(
      () => clocks.wall(),
      () => clocks.steady(),
    );
    for (; clocks.time < 1_000; clocks.time += 0.125) same(now(), 1_000_000 + Math.floor(clocks.time));
    ok(clocks.looks >= 49 && clocks.looks <= 51, `${clocks.looks} looks`);
  },
  "stays with the wall clock after the thread was held up between two clocks"() {
    for (const make of [monotonicClock, thriftyClock]) {
      const clocks = machine();
      const now = make(
        () => clocks.wall(),
        () => clocks.steady(),
      );
      now();
      clocks.time += 100;
      clocks.held = 30;
      now();
      clocks.held = 0;
      clocks.time += 100;
      const late = now() - clocks.wall();
      ok(Math.abs(late) < 1, `${late} ms ahead`);
    }
  },
  "goes on by the steady clock while the wall clock stands behind"() {
    const clocks = machine();
    const now = thriftyClock(
      () => clocks.wall(),
      () => clocks.steady(),
    );
    const before = now();
    clocks.step = -3_600_000;
    for (let passed = 1; passed <= 100; passed++) {
      clocks.time += 1;
      same(now(), before + passed);
    }
  },
  "follows the wall clock forward at once, and never goes back"() {
    const clocks = machine();
    const now = thriftyClock(
      () => clocks.wall(),
      () => clocks.steady(),
    );
    now();
    clocks.step = 3_600_000;
    same(now(), 1_000_000 + 3_600_000);
    clocks.step = 0;
    clocks.time += 5;
    same(now(), 1_000_000 + 3_600_000 + 5);
  },
  "is never back, and never further than 20 ms from the exact clock, whatever the wall clock does"() {
    const random = seededRandom(11);
    const clocks = machine();
    const wall = (): number => clocks.wall();
    const steady = (): number => clocks.steady();
    const exact = monotonicClock(wall, steady);
    const now = thriftyClock(wall, steady);
    let latest = 0;
    let base = 0;
    for (let round = 0; round < 20_000; round++) {
      clocks.time += random() * 4;
      if (random() < 0.005) base += Math.floor(random() * 2_000) - 200;
      // Small steps to and fro, within the time that the wall clock is taken alone.
      if (random() < 0.3) clocks.step = base + Math.floor((random() - 0.5) * 20);
      const [thrifty, precise] = [now(), exact()];
      ok(thrifty >= latest, `back from ${latest} to ${thrifty}`);
      ok(Math.abs(precise - thrifty) <= 21, `${precise - thrifty} ms behind the exact clock`);
      latest = thrifty;
    }
  },
});
