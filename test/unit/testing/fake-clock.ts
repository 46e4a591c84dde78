import { ConfigError } from "../../../src/errors.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, FAKE_START, fakeClock, ok, rejects, same, seededRandom, suite } from "../../contract/mod.ts";

const clocks: TestCase[] = suite("fakeClock", {
  "stands still until it is advanced": async () => {
    const clock = fakeClock(1000);
    same(clock.now(), 1000);
    await clock.settle();
    same(clock.now(), 1000);
    await clock.advance(5);
    await clock.advance("1m");
    same(clock.now(), 61_005);
    same(fakeClock().now(), FAKE_START);
  },
  "fires timers in the order of their time, then of their making, each at its time": async () => {
    const clock = fakeClock(0);
    const log: unknown[] = [];
    for (const [name, ms] of [
      ["c", 30],
      ["a", 10],
      ["b", 20],
      ["a2", 10],
      ["later", 31],
    ] as const) {
      clock.setTimer(() => log.push(name, clock.now()), ms);
    }
    await clock.advance(30);
    equal(log, ["a", 10, "a2", 10, "b", 20, "c", 30]);
    same(clock.pendingTimers, 1);
  },
  "fires a timer at the end of the advance and not one millisecond before": async () => {
    const clock = fakeClock();
    let fired = 0;
    clock.setTimer(() => fired++, 100);
    await clock.advance(99);
    same(fired, 0);
    await clock.advance(1);
    same(fired, 1);
    await clock.advance(1000);
    same(fired, 1);
  },
  "fires timers that are set on the way": async () => {
    const clock = fakeClock(0);
    const log: number[] = [];
    const again = () => {
      log.push(clock.now());
      clock.setTimer(again, 10);
    };
    clock.setTimer(again, 10);
    await clock.advance(35);
    equal(log, [10, 20, 30]);
    same(clock.now(), 35);
  },
  "lets promises settle between timers": async () => {
    const clock = fakeClock(0);
    const log: string[] = [];
    const work = async (name: string, ms: number) => {
      await clock.sleep(ms);
      for (let step = 0; step < 50; step++) await undefined;
      log.push(name);
      await clock.sleep(5);
      log.push(`${name} again`);
    };
    const first = work("first", 10);
    const second = work("second", 12);
    await clock.advance(20);
    equal(log, ["first", "second", "first again", "second again"]);
    await Promise.all([first, second]);
  },
  "lets what was started before the advance set its timers first": async () => {
    const clock = fakeClock();
    let done = false;
    void (async () => {
      for (let step = 0; step < 20; step++) await undefined;
      await clock.sleep(10);
      done = true;
    })();
    await clock.advance(10);
    ok(done, "the timer must fire");
  },
  "does not fire a timer that was cancelled, also by an earlier timer": async () => {
    const clock = fakeClock();
    const log: string[] = [];
    clock.clearTimer(clock.setTimer(() => log.push("a"), 1));
    const late = clock.setTimer(() => log.push("b"), 2);
    clock.setTimer(() => clock.clearTimer(late), 2 - 1);
    await clock.advance(10);
    equal(log, []);
    clock.clearTimer(undefined);
    clock.clearTimer(late);
  },
  "counts timers that wait, and those that keep a process alive": async () => {
    const clock = fakeClock();
    clock.setTimer(() => {}, 10, true);
    clock.setTimer(() => {}, 20);
    equal([clock.pendingTimers, clock.foregroundTimers], [2, 1]);
    await clock.advance(10);
    equal([clock.pendingTimers, clock.foregroundTimers], [1, 1]);
  },
  "rejects with what a timer throws, and can go on": async () => {
    const clock = fakeClock(0);
    clock.setTimer(() => {
      throw new RangeError("in a timer");
    }, 10);
    await rejects(clock.advance(20), RangeError);
    same(clock.now(), 10);
    await clock.advance(10);
    same(clock.now(), 20);
  },
  "follows the wall clock forward and never back": async () => {
    const clock = fakeClock(1000);
    clock.stepWall(500);
    equal([clock.now(), clock.wall(), clock.steady()], [1500, 1500, 0]);
    clock.stepWall(-1200);
    equal([clock.now(), clock.wall()], [1500, 300]);
    await clock.advance(10);
    equal([clock.now(), clock.wall(), clock.steady()], [1510, 310, 10]);
    clock.set(2000);
    equal([clock.now(), clock.wall()], [2000, 2000]);
    clock.set(0);
    await clock.advance(1);
    equal([clock.now(), clock.wall()], [2001, 1]);
  },
  "runs timers by the steady clock, whatever the wall clock does": async () => {
    const clock = fakeClock();
    let fired = false;
    clock.setTimer(() => {
      fired = true;
    }, 100);
    clock.stepWall(1_000_000);
    clock.stepWall(-2_000_000);
    await clock.advance(99);
    ok(!fired, "no step of the wall clock brings a timer nearer");
    await clock.advance(1);
    ok(fired, "no step of the wall clock holds a timer back");
  },
  "cuts timers where the system does": async () => {
    const clock = fakeClock();
    let fired = 0;
    clock.setTimer(() => fired++, Infinity);
    clock.setTimer(() => fired++, "soon" as unknown as number);
    await clock.advance(0);
    same(fired, 1);
    await clock.advance(2_147_483_647);
    same(fired, 2);
  },
  "refuses to go back, to the end of time, twice at once, or on without end": async () => {
    const clock = fakeClock();
    for (const duration of [-1, Infinity, NaN, "1 parsec"]) await rejects(clock.advance(duration), ConfigError);
    const first = clock.advance(10);
    await rejects(clock.advance(10), ConfigError);
    await first;
    const endless = () => void clock.setTimer(endless, 0);
    endless();
    await rejects(clock.advance(1), ConfigError);
  },
});

const randoms: TestCase[] = suite("seededRandom", {
  "repeats for a seed and differs for another": () => {
    const take = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    equal(take(1), take(1));
    ok(take(1)[0] !== take(2)[0], "another seed must give other numbers");
    same(seededRandom(1)(), 0.6270739405881613);
  },
  "is uniform in [0, 1)": () => {
    const random = seededRandom(42);
    const buckets = new Array<number>(10).fill(0);
    for (let count = 0; count < 10_000; count++) {
      const number = random();
      ok(number >= 0 && number < 1, "numbers must be within [0, 1)");
      buckets[Math.floor(number * 10)]! += 1;
    }
    // Nine standard deviations of 30 around 1000.
    for (const bucket of buckets) ok(bucket > 730 && bucket < 1270, `a tenth must hold about 1000: ${buckets}`);
  },
});

export const tests: TestCase[] = [...clocks, ...randoms];
