import { readEntry, toEnd, writeEntry } from "../../../adapters/sql/entry-row.ts";
import { CorruptError } from "../../../src/errors.ts";
import { equal, same, throws } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const VALUE = new Uint8Array([1, 2, 3]);
/** Created, fresh, stale, sequence, load time, codec, version, profile, tags, value. */
const ROW = [1000, 2000, 3000, 50, 7, "cbor", "v1", "night", null, VALUE] as const;
const NAMES = [
  "created_at",
  "fresh_until",
  "stale_until",
  "sequence",
  "load_ms",
  "fmt",
  "version",
  "saved_by_profile",
  "tags",
  "data",
];

const row = (column: string, cell: unknown): unknown[] =>
  ROW.map((old, index) => (NAMES[index] === column ? cell : old));
const tags = (...marks: unknown[]): unknown[] => row("tags", JSON.stringify(marks));

export const tests: TestCase[] = suite("sql entry row", {
  "reads a row with every field"() {
    equal(readEntry(ROW, 0), {
      value: VALUE,
      createdAt: 1000,
      freshUntil: 2000,
      staleUntil: 3000,
      tags: [],
      sequence: 50,
      version: "v1",
      loadTime: 7,
      codec: "cbor",
      profile: "night",
      size: 3,
    });
  },
  "reads NULL as without end or left out"() {
    const entry = readEntry([1000, null, null, 50, 0, null, null, null, null, VALUE], Number.MAX_SAFE_INTEGER)!;
    equal([entry.freshUntil, entry.staleUntil], [Infinity, Infinity]);
    equal([entry.codec, entry.version, entry.profile], [undefined, undefined, undefined]);
  },
  "is a miss from staleUntil on"() {
    same(readEntry(ROW, 2999)?.staleUntil, 3000);
    same(readEntry(ROW, 3000), undefined);
  },
  "is a miss when a tag was invalidated after its sequence, not at it"() {
    same(readEntry(tags(["a", 50, 0], ["b", 51, 0]), 0), undefined);
    equal(readEntry(tags(["b", 50, 50], ["a", 3, 0]), 0)?.tags, ["a", "b"]);
  },
  "is a miss when a tag has no record"() {
    same(readEntry(tags([null, null, null]), 0), undefined);
  },
  "is stale when a tag was expired after its sequence"() {
    const entry = readEntry(tags(["a", 0, 51]), 0)!;
    equal([entry.freshUntil, entry.staleUntil], [0, 3000]);
  },
  "reads the size instead of the value when only metadata was asked for"() {
    const entry = readEntry(row("data", 300), 0, true)!;
    equal([entry.size, entry.value.length], [300, 0]);
    throws(() => readEntry(row("data", null), 0, true), CorruptError);
    throws(() => readEntry(row("data", 300), 0), CorruptError);
  },
  "refuses every column of a wrong type, whatever the driver made of it"() {
    const wrong: Record<string, unknown[]> = {
      created_at: [null, "text", VALUE, 2 ** 53, Infinity],
      fresh_until: ["text", VALUE, 2 ** 53],
      stale_until: ["text", VALUE, -(2 ** 63)],
      sequence: [null, "text", VALUE, 2 ** 60],
      load_ms: [null, "text"],
      fmt: [1, VALUE],
      version: [1, VALUE],
      saved_by_profile: [1],
      tags: ["", "{", 5, '[["a","x",0]]', "[[1,0,0]]"],
      data: [null, "text", undefined],
    };
    equal(Object.keys(wrong), NAMES);
    for (const [column, cells] of Object.entries(wrong)) {
      for (const cell of cells) throws(() => readEntry(row(column, cell), 0), CorruptError);
    }
  },
  "stores deadlines that no reader can misread"() {
    equal([toEnd(5), toEnd(0), toEnd(-5), toEnd(Number.NaN)], [5, 0, 0, 0]);
    equal(
      [toEnd(Infinity), toEnd(Number.MAX_VALUE), toEnd(Number.MAX_SAFE_INTEGER)],
      [null, null, Number.MAX_SAFE_INTEGER],
    );
  },
  "binds nothing but text, numbers, bytes and null"() {
    const entry = readEntry(ROW, 0)!;
    const { args } = writeEntry(
      {
        key: "k",
        entry: {
          ...entry,
          loadTime: Number.NaN,
          version: undefined,
          codec: undefined,
          profile: undefined,
          sequence: undefined,
        },
      },
      0,
    );
    equal(args, ["k", 1000, 2000, 3000, null, 0, 0, null, null, null, VALUE]);
  },
});
