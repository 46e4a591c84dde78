import { Turns } from "../../../adapters/plain/turns.ts";
import { equal, rejects, same } from "../../contract/assert.ts";
import { seededRandom } from "../../contract/seeded-random.ts";
import { settle } from "../../contract/settle.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** Turns, with a log of what runs, and operations that end when they are told. */
function rig(patience = 100) {
  let now = 0;
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const turns = new Turns(() => now, patience);
  const step = (name: string) => () => {
    log.push(name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  return {
    turns,
    log,
    read: (name: string, ...keys: string[]) => turns.read(keys, step(name)),
    change: (name: string, ...keys: string[]) => turns.change(keys, step(name)),
    changeAll: (name: string) => turns.changeAll(step(name)),
    write: (name: string, key: string, ...tags: string[]) => turns.change([key], step(name), tags),
    invalidate: (name: string, ...tags: string[]) => turns.invalidate(tags, step(name)),
    async end(...names: string[]) {
      for (const name of names) ends.get(name)!();
      await settle();
    },
    async pass(time: number) {
      now += time;
      await settle();
    },
  };
}

export const tests: TestCase[] = suite("turns", {
  "lets reads of a key run together, and begins what waits for nothing at once"() {
    const { read, change, log } = rig();
    void read("r1", "k");
    void read("r2", "k");
    void change("other", "o");
    equal(log, ["r1", "r2", "other"]);
  },
  async "runs changes of a key one after the other, in the order of their calls"() {
    const { change, log, end } = rig();
    const all = [change("1", "k"), change("2", "k"), change("3", "k")];
    await settle();
    equal(log, ["1"]);
    await end("1");
    equal(log, ["1", "2"]);
    await end("2");
    await end("3");
    equal(await Promise.all(all), ["1", "2", "3"]);
  },
  async "makes a read wait for the change before it, and a change for the reads before it"() {
    const { read, change, log, end } = rig();
    void change("c1", "k");
    void read("r1", "k");
    void read("r2", "k");
    void change("c2", "k");
    void read("r3", "k");
    await settle();
    equal(log, ["c1"]);
    await end("c1");
    equal(log, ["c1", "r1", "r2"]);
    await end("r1");
    equal(log, ["c1", "r1", "r2"]);
    await end("r2");
    equal(log, ["c1", "r1", "r2", "c2"]);
    await end("c2");
    equal(log, ["c1", "r1", "r2", "c2", "r3"]);
  },
  async "takes a batch for all of its keys"() {
    const { change, read, log, end } = rig();
    void change("a", "a");
    void change("ab", "a", "b");
    void read("b", "b");
    void read("c", "c");
    await settle();
    equal(log, ["a", "c"]);
    await end("a");
    equal(log, ["a", "c", "ab"]);
    await end("ab");
    equal(log, ["a", "c", "ab", "b"]);
  },
  async "runs a change of everything alone"() {
    const { change, changeAll, read, log, end } = rig();
    void change("a", "a");
    void read("b", "b");
    void changeAll("all");
    void change("c", "c");
    void read("a2", "a");
    void changeAll("again");
    await settle();
    equal(log, ["a", "b"]);
    await end("a", "b");
    equal(log, ["a", "b", "all"]);
    await end("all");
    equal(log, ["a", "b", "all", "c", "a2"]);
    await end("c", "a2");
    equal(log, ["a", "b", "all", "c", "a2", "again"]);
  },
  async "runs an invalidation after the writes with its tags before it, and writes after one that runs"() {
    const { write, invalidate, log, end } = rig();
    void write("a", "a", "t");
    void write("b", "b", "t", "u");
    void write("o", "o", "other");
    void invalidate("1", "t");
    void invalidate("2", "t", "u");
    equal(log, ["a", "b", "o"], "writes go beside each other");
    await end("a");
    equal(log.slice(3), []);
    await end("b");
    equal(log.slice(3), ["1", "2"], "and so do invalidations");
    void write("c", "c", "t");
    void write("d", "t", "none");
    await settle();
    equal(log.slice(5), ["d"]);
    await end("1", "2");
    equal(log.slice(6), ["c"]);
  },
  async "has writes and invalidations of a tag that take turns wait for two others at most"() {
    const { write, invalidate, log, end } = rig();
    const numbers = [1, 2, 3, 4];
    void invalidate("i0", "t");
    for (const number of numbers) {
      void write(`w${number}`, `k${number}`, "t");
      void invalidate(`i${number}`, "t");
    }
    await settle();
    equal(log, ["i0"]);
    await end("i0");
    equal(log.slice(1), ["w1", "w2", "w3", "w4"]);
    await end("w4", "w3", "w2");
    equal(log.slice(5), [], "each waits for the first");
    await end("w1");
    equal(log.slice(5), ["i1", "i2", "i3", "i4"]);
  },
  async "waits for a crowd of writes and invalidations of a tag in a time that grows with their number alone"() {
    const turns = new Turns(() => 0, 100);
    const work: Promise<unknown>[] = [];
    const order: string[] = [];
    const step = (name: string) => async () => {
      // Workers have no more than 10,000 timers at once.
      await undefined;
      order.push(name);
    };
    const count = 3_000;
    for (let number = 0; number < count; number++) {
      work.push(turns.change([`a${number}`], step("write"), ["t"]), turns.invalidate(["t"], step("invalidation")));
      work.push(turns.invalidate(["u"], step("first")));
    }
    for (let number = 0; number < count; number++) work.push(turns.change([`b${number}`], step("second"), ["u"]));
    await Promise.all(work);
    same(order.lastIndexOf("write") < order.indexOf("invalidation"), true);
    same(order.lastIndexOf("first") < order.indexOf("second"), true);
    same(order.length, count * 4);
  },
  async "goes on after one that fails"() {
    const { turns, change, log, end } = rig();
    const failed = turns.change(["k"], () => Promise.reject(new TypeError("no")));
    const thrown = turns.change(["k"], () => {
      throw new RangeError("no");
    });
    const next = change("next", "k");
    await rejects(failed, TypeError);
    await rejects(thrown, RangeError);
    await settle();
    equal(log, ["next"]);
    await end("next");
    same(await next, "next");
  },
  async "gives up one that hangs after its time, and those that wait for it"() {
    const { change, read, changeAll, log, end, pass } = rig(100);
    void change("hangs", "k");
    void read("waits", "k");
    await pass(100);
    void change("in time", "k");
    await settle();
    equal(log, ["hangs"]);
    await pass(1);
    void change("new", "k");
    void changeAll("all");
    await settle();
    equal(log, ["hangs", "new"]);
    await end("new");
    equal(log, ["hangs", "new", "all"]);
    await end("all", "hangs");
    // Late, and out of turn.
    equal(log.slice(3).sort(), ["waits"]);
    await end("waits");
    equal(log.at(-1), "in time");
  },
  async "gives one that had to wait its whole time from its own beginning"() {
    const { change, log, end, pass } = rig(100);
    void change("1", "k");
    void change("2", "k");
    await pass(90);
    await end("1");
    await pass(90);
    void change("3", "k");
    await settle();
    equal(log, ["1", "2"], "the second has run for 90 of its 100");
    await pass(11);
    void change("4", "k");
    await settle();
    equal(log, ["1", "2", "4"]);
  },
  async "is settled when all is over"() {
    const { turns, change, read, end } = rig();
    await turns.settled();
    void change("a", "a");
    void read("b", "b");
    let isSettled = false;
    const settled = turns.settled().then(() => {
      isSettled = true;
    });
    await end("a");
    same(isSettled, false);
    await end("b");
    await settled;
  },
  async "never runs two changes of a key, or a change and a read, at a time, and keeps their order"() {
    const random = seededRandom(3);
    const turns = new Turns(() => 0, 100);
    const active = new Map<string, { reads: number; changes: number }>();
    const order = new Map<string, number>();
    const asked = new Map<string, number>();
    const keys = ["a", "b", "c", "d"];
    const work: Promise<void>[] = [];
    for (let round = 0; round < 500; round++) {
      const some = keys.filter(() => random() < 0.4);
      const isChange = random() < 0.5;
      const numbers = some.map((key) => {
        const number = (asked.get(key) ?? 0) + (isChange ? 1 : 0);
        asked.set(key, number);
        return number;
      });
      const run = async () => {
        for (const [index, key] of some.entries()) {
          const state = active.get(key) ?? { reads: 0, changes: 0 };
          active.set(key, state);
          if (isChange) same(state.reads + state.changes, 0, `change of ${key}`);
          else same(state.changes, 0, `read of ${key}`);
          state[isChange ? "changes" : "reads"]++;
          if (isChange) order.set(key, (order.get(key) ?? 0) + 1);
          same(order.get(key) ?? 0, numbers[index], `order of ${key}`);
        }
        for (let wait = Math.floor(random() * 5); wait > 0; wait--) await undefined;
        for (const key of some) active.get(key)![isChange ? "changes" : "reads"]--;
      };
      work.push(isChange ? turns.change(some, run) : turns.read(some, run));
      if (random() < 0.3) await undefined;
    }
    await Promise.all(work);
  },
});
