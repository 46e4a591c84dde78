import { Events } from "../../src/events.ts";
import type { TestCase } from "../contract/mod.ts";
import { equal, same, settle, suite } from "../contract/mod.ts";
import { query } from "./cache/tools.ts";

export const tests: TestCase[] = suite("events", {
  "listeners hear in the order in which they came": () => {
    const events = new Events();
    const log: unknown[] = [];
    events.on("miss", ({ key }) => log.push(["a", key]));
    events.on("miss", ({ key }) => log.push(["b", key]));
    events.on("hit", () => log.push("wrong"));
    events.emit("miss", () => ({ key: "k" }));
    equal(log, [
      ["a", "k"],
      ["b", "k"],
    ]);
  },
  "has tells whether anybody listens, and an event is made only then": () => {
    const events = new Events();
    let made = 0;
    const make = () => ({ key: String(++made) });
    const listener = () => {};
    same(events.has("miss"), false);
    events.emit("miss", make);
    same(made, 0);
    events.on("miss", listener);
    same(events.has("miss"), true);
    same(events.has("hit"), false);
    events.emit("miss", make);
    same(made, 1);
    events.off("miss", listener);
    same(events.has("miss"), false);
    events.emit("miss", make);
    same(made, 1);
  },
  "a listener that leaves while it hears does not cost the others": () => {
    const events = new Events();
    const log: string[] = [];
    const once = () => {
      log.push("once");
      events.off("miss", once);
    };
    events.on("miss", once);
    events.on("miss", () => log.push("always"));
    events.emit("miss", () => ({ key: "k" }));
    events.emit("miss", () => ({ key: "k" }));
    equal(log, ["once", "always", "always"]);
  },
  "a listener that comes while it hears, or comes back, hears of the next event": () => {
    const events = new Events();
    const log: string[] = [];
    const again = () => {
      if (log.push("again") > 10) throw new RangeError("heard without end");
      events.off("miss", again);
      events.on("miss", again);
      events.on("miss", late);
    };
    const late = () => log.push("late");
    events.on("miss", again);
    events.emit("miss", () => ({ key: "k" }));
    equal(log, ["again"]);
    events.emit("miss", () => ({ key: "k" }));
    equal(log, ["again", "late", "again"].sort());
  },
  "a listener that another has removed hears nothing": () => {
    const events = new Events();
    const log: string[] = [];
    const second = () => log.push("second");
    events.on("miss", () => {
      log.push("first");
      events.off("miss", second);
    });
    events.on("miss", second);
    events.emit("miss", () => ({ key: "k" }));
    equal(log, ["first"]);
  },
  "a listener that throws is an error event, and one of errors that throws is nothing": () => {
    const events = new Events();
    const log: unknown[] = [];
    events.on("error", () => {
      throw new RangeError("second");
    });
    events.on("error", ({ error, operation }) => log.push([(error as Error).message, operation]));
    events.on("miss", () => {
      throw new RangeError("first");
    });
    events.emit("miss", () => ({ key: "k" }));
    equal(log, [["first", "listener of miss"]]);
  },
  "a listener that rejects is an error event, and one of errors that rejects is nothing": async () => {
    const events = new Events();
    const log: unknown[] = [];
    const rejecting = (message: string) => (async () => Promise.reject(new RangeError(message))) as () => void;
    events.on("error", rejecting("second"));
    events.on("error", ({ error, operation }) => log.push([(error as Error).message, operation]));
    events.on("miss", rejecting("first"));
    events.emit("miss", () => ({ key: "k" }));
    await settle();
    equal(log, [["first", "listener of miss"]]);
    events.on("hit", () => query(async () => Promise.reject(new RangeError("third"))));
    events.emit("hit", () => ({ key: "k", tier: "memory" }));
    await settle();
    equal(log[1], ["third", "listener of hit"]);
  },
});
