import { equal, ok, same, throws } from "../contract/assert.ts";
import { seededRandom } from "../contract/seeded-random.ts";
import type { TestCase } from "../contract/suite.ts";
import { suite } from "../contract/suite.ts";
import { type Bounds, check } from "../process/consistency/checker.ts";
import { historyOf, type Kill, type Line, linesOf, type Written } from "../process/consistency/history.ts";
import { describe } from "../process/consistency/report.ts";

type CallLine = Line & { readonly event: "call" };

/** Writes a history line by line; the time goes on by a millisecond with each. */
class Script {
  readonly lines: Line[] = [];
  #call = 0;
  #time = 1_000;

  wait(milliseconds: number): void {
    this.#time += milliseconds;
  }

  #add(process: number, call: number, rest: object): void {
    this.lines.push({ time: this.#time++, process, call, ...rest } as Line);
  }

  /** Begins a call; the function ends it, with what it got. */
  begin(process: number, rest: Omit<CallLine, "time" | "process" | "call" | "event">) {
    const call = ++this.#call;
    this.#add(process, call, { event: "call", ...rest });
    return {
      end: (...got: [string, string][]) => this.#add(process, call, { event: "done", got }),
      fail: () => this.#add(process, call, { event: "fail", error: "Error" }),
      load: (...loads: Written[]) => this.#add(process, call, { event: "load", loads }),
    };
  }

  set(process: number, value: string, tags: string[] = [], key = "k"): void {
    this.begin(process, { name: "set", sets: [[key, value, tags]] }).end();
  }

  kill(process: number, kill: Kill): void {
    this.begin(process, { name: "kill", kill }).end();
  }

  get(process: number, value: string, key = "k"): void {
    this.begin(process, { name: "get", reads: [key] }).end([key, value]);
  }

  /** What was found, as `kind value`. */
  found(bounds: Bounds = { read: 0 }): string[] {
    return check(historyOf(this.lines), bounds).violations.map(({ kind, value }) => `${kind} ${value}`);
  }
}

/** Violations of a history by a bound in milliseconds. */
function found(write: (script: Script) => void, bounds?: Bounds): string[] {
  const script = new Script();
  write(script);
  return script.found(bounds);
}

const OLD = ["invalidated old"];

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("consistency checker", {
  "a deleted value may not be read, in any process": () => {
    for (const reader of [1, 2]) {
      const history = (read: string) => (script: Script) => {
        script.set(1, "old");
        script.get(reader, "old");
        script.kill(1, { keys: ["k"] });
        if (read === "new") script.set(1, "new");
        script.get(reader, read);
      };
      equal(found(history("old")), OLD);
      equal(found(history("new")), []);
    }
  },
  "another key's deletion is none": () => {
    equal(
      found((script) => {
        script.set(1, "old");
        script.kill(1, { keys: ["other"], prefixes: ["ka"], tags: ["t"] });
        script.get(1, "old");
      }),
      [],
    );
  },
  "a set makes older values of its key invalid": () => {
    const history = (key: string) => (script: Script) => {
      script.set(1, "old");
      script.set(2, "new", [], key);
      script.get(3, "old");
    };
    equal(found(history("k")), OLD);
    equal(found(history("other")), []);
  },
  "prefixes hit the keys that begin with them": () => {
    const history = (prefix: string) => (script: Script) => {
      script.set(1, "old", [], "a|k1");
      script.kill(1, { prefixes: ["x", prefix] });
      script.get(2, "old", "a|k1");
    };
    equal(found(history("a|k")), OLD);
    equal(found(history("")), OLD);
    equal(found(history("a|k2")), []);
  },
  "tags hit the entries that have any, all, or exactly these": () => {
    const history = (kill: Kill) => (script: Script) => {
      script.set(1, "old", ["a", "b", "c"]);
      script.kill(1, kill);
      script.get(2, "old");
    };
    equal(found(history({ tags: ["x", "b"] })), OLD);
    equal(found(history({ tags: ["x"] })), []);
    equal(found(history({ tags: ["b", "a"], match: "all" })), OLD);
    equal(found(history({ tags: ["b", "x"], match: "all" })), []);
    equal(found(history({ tags: ["b", "a", "c"], match: "exact" })), OLD);
    equal(found(history({ tags: ["b", "a"], match: "exact" })), []);
  },
  "what expires may be answered by calls that may serve stale values, and by no other": () => {
    const history = (stale: boolean, expire: boolean) => (script: Script) => {
      script.set(1, "old", ["a"]);
      script.kill(1, { tags: ["a"], expire });
      script.begin(1, { name: "getOrSet", reads: ["k"], stale }).end(["k", "old"]);
    };
    equal(found(history(true, true)), []);
    equal(found(history(false, true)), OLD);
    equal(found(history(true, false)), OLD);
  },
  "a mutation while the value is set is ambiguous": () => {
    const history = (overlaps: boolean) => (script: Script) => {
      const set = script.begin(1, { name: "set", sets: [["k", "old", []]] });
      if (!overlaps) set.end();
      script.kill(2, { keys: ["k"] });
      if (overlaps) set.end();
      script.get(2, "old");
    };
    equal(found(history(true)), []);
    equal(found(history(false)), OLD);
  },
  "two sets at the same time may take place in either order": () => {
    equal(
      found((script) => {
        const one = script.begin(1, { name: "set", sets: [["k", "one", []]] });
        const two = script.begin(2, { name: "set", sets: [["k", "two", []]] });
        one.end();
        two.end();
        script.get(1, "one");
        script.get(2, "two");
      }),
      [],
    );
  },
  "a read that began before the mutation was acknowledged may see either": () => {
    const history = (overlaps: boolean) => (script: Script) => {
      script.set(1, "old");
      const deletion = script.begin(1, { name: "delete", kill: { keys: ["k"] } });
      if (!overlaps) deletion.end();
      const read = script.begin(1, { name: "get", reads: ["k"] });
      if (overlaps) deletion.end();
      read.end(["k", "old"]);
    };
    equal(found(history(true)), []);
    equal(found(history(false)), OLD);
  },
  "a value that was loaded before a mutation began may not be read after it": () => {
    for (const kill of [{ keys: ["k"] }, { prefixes: [""] }, { tags: ["t"] }]) {
      const history = (loadsFirst: boolean) => (script: Script) => {
        const load = script.begin(1, { name: "getOrSet", reads: ["k"] });
        const mutation = loadsFirst ? undefined : script.begin(2, { name: "kill", kill });
        load.load(["k", "old", ["t"]]);
        (mutation ?? script.begin(2, { name: "kill", kill })).end();
        // Its own caller may have it.
        load.end(["k", "old"]);
        script.get(1, "old");
      };
      equal(found(history(true)), OLD);
      equal(found(history(false)), []);
    }
  },
  "a value that was loaded before a set may not be read after it": () => {
    const history = (loadsFirst: boolean) => (script: Script) => {
      const load = script.begin(1, { name: "getOrSet", reads: ["k"] });
      if (loadsFirst) load.load(["k", "old", []]);
      script.set(2, "new");
      if (!loadsFirst) load.load(["k", "old", []]);
      load.end(["k", "old"]);
      script.get(2, "old");
    };
    equal(found(history(true)), OLD);
    equal(found(history(false)), []);
  },
  "a load replaces older values, and contradicts nobody who reads them": () => {
    equal(
      found((script) => {
        script.set(1, "old");
        const load = script.begin(2, { name: "getOrSet", reads: ["k"] });
        load.load(["k", "new", []]);
        load.end(["k", "new"]);
        script.get(1, "old");
      }),
      [],
    );
  },
  "who asks after a mutation may not join a load from before it": () => {
    const history = (joinsLate: boolean) => (script: Script) => {
      const load = script.begin(1, { name: "getOrSet", reads: ["k"] });
      load.load(["k", "old", []]);
      let joiner = joinsLate ? undefined : script.begin(1, { name: "getOrSet", reads: ["k"] });
      script.kill(1, { keys: ["k"] });
      joiner ??= script.begin(1, { name: "getOrSet", reads: ["k"] });
      load.end(["k", "old"]);
      joiner.end(["k", "old"]);
    };
    equal(found(history(true)), OLD);
    equal(found(history(false)), []);
  },
  "another process may return the old value for as long as the bound": () => {
    const history = (wait: number) => (script: Script) => {
      script.set(1, "old");
      script.kill(1, { keys: ["k"] });
      script.wait(wait);
      script.get(2, "old");
    };
    equal(found(history(0), { read: 50 }), []);
    equal(found(history(48), { read: 50 }), []);
    equal(found(history(50), { read: 50 }), OLD);
    equal(found(history(10_000), { read: Infinity }), []);
  },
  "the bound is for other processes alone": () => {
    equal(
      found(
        (script) => {
          script.set(1, "old");
          script.kill(1, { keys: ["k"] });
          script.get(1, "old");
        },
        { read: 50 },
      ),
      OLD,
    );
  },
  "an own mutation counts behind another's that is within the bound": () => {
    equal(
      found(
        (script) => {
          script.set(1, "old");
          script.kill(2, { keys: ["k"] });
          script.kill(1, { tags: [], prefixes: ["k"] });
          script.get(1, "old");
        },
        { read: 50 },
      ),
      OLD,
    );
  },
  "loads may have a bound of their own": () => {
    const history = (name: string) => (script: Script) => {
      script.set(1, "old");
      script.kill(1, { keys: ["k"] });
      script.begin(2, { name, reads: ["k"] }).end(["k", "old"]);
    };
    equal(found(history("getOrSet"), { read: 0, load: 50 }), []);
    equal(found(history("getOrSetMany"), { read: 0, load: 50 }), []);
    equal(found(history("get"), { read: 0, load: 50 }), OLD);
  },
  "a mutation that failed or did not end contradicts nothing": () => {
    for (const ending of ["fail", "end", undefined] as const) {
      const violations = found((script) => {
        script.set(1, "old");
        const mutation = script.begin(1, { name: "delete", kill: { keys: ["k"] } });
        if (ending) mutation[ending]();
        script.get(1, "old");
      });
      equal(violations, ending === "end" ? OLD : []);
    }
  },
  "a set that did not end may show up at any time, and not before it began": () => {
    equal(
      found((script) => {
        script.begin(1, { name: "set", sets: [["k", "late", []]] });
        script.kill(2, { keys: ["k"] });
        script.get(2, "late");
      }),
      [],
    );
    equal(
      found((script) => {
        script.get(2, "late");
        script.set(1, "late");
      }),
      ["never made late"],
    );
  },
  "a value must be of its key": () => {
    equal(
      found((script) => {
        script.set(1, "old", [], "other");
        script.get(1, "old");
        script.get(1, "unheard of");
      }),
      ["other key old", "never made unheard of"],
    );
  },
  "reads of many keys are checked one by one": () => {
    equal(
      found((script) => {
        script.set(1, "a", [], "1");
        script.set(1, "b", [], "2");
        script.kill(1, { keys: ["2"] });
        script.begin(1, { name: "getMany", reads: ["1", "2"] }).end(["1", "a"], ["2", "b"]);
      }),
      ["invalidated b"],
    );
  },
  "a history that contradicts itself is refused": () => {
    const script = new Script();
    script.set(1, "twice");
    script.set(1, "twice");
    throws(() => historyOf(script.lines), Error);
    throws(() => historyOf(script.lines.slice(1, 2)), Error);
  },
  "lines are read back, without one that was not finished": () => {
    const script = new Script();
    script.set(1, "v");
    const text = script.lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    equal(linesOf(text), script.lines);
    equal(linesOf(`${text}{"time":1`), script.lines);
    equal(linesOf(""), []);
  },
  "a report shows what is about the key and nothing else": () => {
    const script = new Script();
    script.set(1, "old", ["t"]);
    script.set(1, "elsewhere", [], "other");
    script.kill(2, { tags: ["t"] });
    script.get(1, "old");
    const history = historyOf(script.lines);
    const text = describe(check(history, { read: 0 }).violations[0]!, history);
    ok(text.includes("process 1 read old under k by get (lines 7–8)"), text);
    ok(text.includes("kill of process 2 (lines 5–6), acknowledged 1 ms before"), text);
    same(text.split("\n").length, 3 + 6);
    same(text.includes("elsewhere"), false);
  },
  "a history of a store that does all at once is clean, and one that forgets a mutation is not": () => {
    for (const forgets of [false, true]) {
      const random = seededRandom(7);
      const script = new Script();
      const store = new Map<string, string>();
      for (let step = 0; step < 20_000; step++) {
        const key = `k${Math.floor(random() * 30)}`;
        const process = Math.floor(random() * 4);
        const dice = random();
        if (dice < 0.2) {
          script.set(process, `v${step}`, [`t${step % 6}`], key);
          store.set(key, `v${step}`);
        } else if (dice < 0.3) {
          script.kill(process, { keys: [key] });
          if (!forgets || step % 100 > 0) store.delete(key);
        } else if (store.has(key)) {
          script.get(process, store.get(key)!, key);
        }
      }
      const { violations, reads, foreign, doomed } = check(historyOf(script.lines), { read: 0 });
      same(violations.length > 0, forgets);
      ok(reads > 5_000 && foreign > reads / 2 && doomed > reads / 2);
    }
  },
});
