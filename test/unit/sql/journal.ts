import { readChange, recordSteps } from "../../../adapters/sql/journal.ts";
import type { Change } from "../../../src/tier.ts";
import { equal, ok, same } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${index}`);

/** What a reader makes of the rows that a writer makes of changes. */
function told(...changes: Change[]): (Change | undefined)[] {
  return recordSteps(7, changes).map(({ args: [, ...row] }) => readChange(row));
}

export const tests: TestCase[] = suite("sql journal", {
  "tells changes as they were"() {
    const changes: Change[] = [
      { by: "prefix", prefix: "" },
      { by: "prefix", prefix: 'a"[😀\u2028' },
      { by: "tags", tags: ["x", "\0"], match: "any", mode: "delete", sequence: Number.MAX_SAFE_INTEGER },
      { by: "tags", tags: [], match: "exact", mode: "expire", sequence: 0 },
    ];
    equal(told(...changes), changes);
    equal(told({ by: "keys", keys: ["", "__proto__", '"'] }), [{ by: "keys", keys: ["", "__proto__", '"'] }]);
  },
  "puts the keys of all changes together, each once, 64 to a row"() {
    equal(told({ by: "keys", keys: ["a", "b"] }, { by: "keys", keys: [] }, { by: "keys", keys: ["b", "c"] }), [
      { by: "keys", keys: ["a", "b", "c"] },
    ]);
    for (const [count, rows] of [
      [0, []],
      [64, [64]],
      [65, [64, 1]],
      [129, [64, 64, 1]],
    ] as const) {
      const sizes = told({ by: "keys", keys: keys(count) }).map(
        (change) => change?.by === "keys" && change.keys.length,
      );
      equal(sizes, rows);
    }
  },
  "binds a row to the same statement, whatever was changed, with its origin first"() {
    const steps = recordSteps(7, [
      { by: "keys", keys: ["a"] },
      { by: "prefix", prefix: "p" },
      { by: "tags", tags: ["t"], match: "all", mode: "delete", sequence: 3 },
    ]);
    same(new Set(steps.map(({ sql }) => sql)).size, 1);
    ok(
      steps.every(({ args }) => args[0] === 7 && args.length === 6),
      "six parameters, the first the origin",
    );
  },
  "understands nothing else"() {
    for (const row of [
      [],
      ["keys", null],
      ["keys", "", null, null, null],
      ["keys", "{}", null, null, null],
      ["keys", '["a",null]', null, null, null],
      ["prefix", "null", null, null, null],
      ["torn", "null", null, null, null],
      ["tags", '["t"]', null, "delete", 1],
      ["tags", '["t"]', "any", "remove", 1],
      ["tags", '["t"]', "any", "delete", null],
      ["tags", '["t"]', "any", "delete", "1"],
      ["tags", "[1]", "any", "delete", 1],
      [new Uint8Array(1), '["a"]', null, null, null],
    ])
      same(readChange(row), undefined, JSON.stringify(row));
  },
});
