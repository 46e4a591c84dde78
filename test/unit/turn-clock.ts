import { systemClock, turnClock } from "../../src/clock.ts";
import type { TestCase } from "../contract/mod.ts";
import { equal, ok, same, suite } from "../contract/mod.ts";

function rig(isFixed = true) {
  const state = { time: 1000, reads: 0, isFixed, turns: [] as (() => void)[] };
  const now = turnClock(
    () => {
      state.reads++;
      return state.time;
    },
    (callback) => state.turns.push(callback),
    () => state.isFixed,
  );
  return { state, now };
}

export const tests: TestCase[] = suite("turnClock", {
  "reads once for a turn, and anew in the next": () => {
    const { state, now } = rig();
    equal([now(), now(), now()], [1000, 1000, 1000]);
    same(state.reads, 1);
    state.time = 2000;
    same(now(), 1000);
    for (const turn of state.turns.splice(0)) turn();
    equal([now(), now()], [2000, 2000]);
    same(state.reads, 2);
    same(state.turns.length, 1);
  },
  "a turn that goes on for long is not one time: it reads again after 64": () => {
    const { state, now } = rig();
    for (let i = 0; i < 65; i++) same(now(), 1000);
    state.time = 2000;
    same(now(), 2000);
    same(state.turns.length, 1, "one callback at a time");
  },
  "reads every time where time may not be kept": () => {
    const { state, now } = rig(false);
    now();
    state.time = 2000;
    same(now(), 2000);
    same(state.turns.length, 0);
    state.isFixed = true;
    now();
    state.isFixed = false;
    state.time = 3000;
    same(now(), 3000, "what was kept before is not used");
  },
  "the system clock asks a Date that was put in the place of the real one every time": () => {
    const real = globalThis.Date;
    let reads = 0;
    globalThis.Date = class extends real {
      static override now(): number {
        reads++;
        return real.now();
      }
    } as DateConstructor;
    try {
      for (let i = 0; i < 10; i++) systemClock.coarse!();
      ok(reads >= 10);
    } finally {
      globalThis.Date = real;
    }
  },
});
