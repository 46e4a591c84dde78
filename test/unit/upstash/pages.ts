import type { Argument, Reply } from "../../../adapters/redis/link.ts";
import { paged } from "../../../adapters/upstash/pages.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, same, suite } from "../../contract/mod.ts";

const OWN = ["ledger", "index", "leases", "journal"];

/** Arguments of `get`: mode, lease, and whether to refresh. */
const get = (mode: string, lease = "0", refresh = "0"): string[] => [
  "get",
  "1",
  "origin",
  "epoch",
  "1",
  "1",
  mode,
  lease,
  "77",
  refresh,
  "0",
  "1",
];

interface Call {
  readonly keys: readonly string[];
  readonly args: readonly Argument[];
}

/** A script that answers one reply after the other. */
function answering(...replies: Reply[]): { run: Parameters<typeof paged>[0]; calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    run: async (keys, args) => {
      calls.push({ keys: keys.slice(OWN.length), args });
      return replies.shift()!;
    },
  };
}

export const tests: TestCase[] = suite("upstash pages", {
  async "answers what fits as it came, read as bytes and with the room for it named"() {
    const reply = ["e 1 1", "", null, null, ["A", "B"]];
    const { run, calls } = answering(reply);
    equal(await paged(run, 500, () => {})([...OWN, "a", "b"], get("v", "0")), reply);
    equal(calls, [{ keys: ["a", "b"], args: [...get("v").slice(0, -1), "0", "500"] }]);
  },

  async "asks again for what there was no room for, without leases, until it has all"() {
    const { run, calls } = answering(
      ["e 1 1", "10200", "01010", null, ["A", null, "C", null, null], [[2, 4, 5], []]],
      ["e 2 2", "200", null, null, ["B", null, null], [[2, 3], []]],
      ["e 3 3", "", null, null, ["D", "E"]],
    );
    const reply = await paged(run, 500, () => {})([...OWN, "a", "b", "c", "d", "e"], get("v", "9", "1"));
    equal(reply, ["e 1 1", "12211", "01010", null, ["A", "B", "C", "D", "E"]]);
    equal(
      calls.map(({ keys }) => keys),
      [
        ["a", "b", "c", "d", "e"],
        ["b", "d", "e"],
        ["d", "e"],
      ],
    );
    equal(
      calls.map(({ args }) => args[7]),
      ["9", "0", "0"],
    );
  },

  async "puts heads of metadata in their places, where misses have none"() {
    const { run } = answering(
      ["e 1 1", "0100", null, null, ["B", 10], [[3, 4], []]],
      ["e 1 1", "02", null, null, ["D", 30]],
    );
    const reply = await paged(run, 500, () => {})([...OWN, "a", "b", "c", "d"], get("m"));
    equal(reply, ["e 1 1", "0102", null, null, ["B", 10, "D", 30]]);
  },

  async "tells of a record that never fits, and gets a lease for its key where leases are asked for"() {
    const { run, calls } = answering(
      ["e 1 1", "10", "00", null, ["A", null], [[], [2]]],
      ["e 1 1", "1", "1", null, []],
      ["e 1 1", "10", null, null, ["A", null], [[], [2]]],
    );
    const told: string[] = [];
    const ask = paged(run, 500, (keys) => told.push(...keys));
    equal(await ask([...OWN, "a", "b"], get("v", "9")), ["e 1 1", "10", "01", null, ["A", null]]);
    equal(calls[1]!.keys, ["b"]);
    equal([calls[1]!.args[6], calls[1]!.args[7], calls[1]!.args[9]], ["s", "9", "1"]);
    equal(await ask([...OWN, "a", "b"], get("v")), ["e 1 1", "10", null, null, ["A", null]]);
    equal(told, ["b", "b"]);
    same(calls.length, 3);
  },

  async "names the room for a journal too, and leaves other operations alone"() {
    const { run, calls } = answering(["e 1 1"], ["e 1 1"]);
    const ask = paged(run, 500, () => {});
    await ask(OWN, ["journal", "1", "origin", "", "0", "0", "5"]);
    await ask(OWN, ["set", "1"]);
    equal(
      calls.map(({ args }) => args),
      [
        ["journal", "1", "origin", "", "0", "0", "5", "500"],
        ["set", "1"],
      ],
    );
  },
});
