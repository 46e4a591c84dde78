import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, redact } from "../../cli/failure.ts";
import { folded } from "../../cli/help.ts";
import { keyDocument, keyOf, keyOfDocument, keyText } from "../../cli/keys.ts";
import { shown } from "../../cli/open.ts";
import { shorten, table, width } from "../../cli/table.ts";
import { printable } from "../../src/observe/printable.ts";

test("what would change a terminal or deceive its reader is shown as escapes", () => {
  assert.equal(printable("a\u202eevil\u202c"), "a\\u202eevil\\u202c");
  assert.equal(printable("\u001b[31mred\n\t"), "\\u001b[31mred\\n\\t");
  assert.equal(
    printable("\ufeffbom zero\u200bwidth soft\u00adhyphen"),
    "\\ufeffbom zero\\u200bwidth soft\\u00adhyphen",
  );
  for (const text of ["ключ", "キー", "مفتاح", "👩‍👩‍👧‍👦", "می‌خواهم", "e\u0301"]) assert.equal(printable(text), text);
});

test("widths are those that terminals give", () => {
  for (const [text, columns] of [
    ["ключ", 4],
    ["キー", 4],
    ["e\u0301", 1],
    ["👩‍👩‍👧‍👦", 2],
    ["👍🏽", 2],
  ] as const)
    assert.equal(width(text), columns, text);
});

test("a long text keeps its beginning and its end", () => {
  assert.equal(shorten("abcdefghij", 10), "abcdefghij");
  assert.equal(shorten("abcdefghijk", 10), "abcdef…ijk");
  assert.equal(width(shorten("キー".repeat(50), 21)), 21);
  assert.equal(shorten("👩‍👩‍👧‍👦".repeat(9), 7), "👩‍👩‍👧‍👦👩‍👩‍👧‍👦…👩‍👩‍👧‍👦");
});

test("a table is as wide as the terminal, at the cost of its widest columns", () => {
  const rows = [
    ["k".repeat(300), "memory", "1m"],
    ["short", "sqlite", "v".repeat(60)],
  ];
  const lines = table(["KEY", "TIER", "VALUE"], rows, undefined, 80);
  assert.deepEqual(
    lines.map((line) => width(line.trimEnd()) <= 80),
    [true, true, true],
  );
  assert.equal(Math.max(...lines.map(width)), 80);
  assert.match(lines[1]!, /^k+…k+ {2}memory {2}1m$/);
  assert.match(lines[2]!, /^short +sqlite {2}v+…v+$/);
  assert.equal(table(["KEY", "TIER", "VALUE"], rows)[1]!.startsWith("k".repeat(300)), true);
  const narrow = table(["KEY", "TIER"], [["k".repeat(300), "memory"]], undefined, 10);
  assert.match(narrow[1]!, /^k+…k+ {2}memory$/);
});

test("help is folded to the width of a terminal, in the column of its words", () => {
  const text = "COMMANDS\n\n  clear   Delete everything of the cache, namespace or scope\n  get     Print it";
  assert.equal(
    folded(text, 40),
    "COMMANDS\n\n  clear   Delete everything of the\n          cache, namespace or scope\n  get     Print it",
  );
  assert.equal(folded(text, Infinity), text);
  assert.equal(folded("  one two three", 9), "  one two\n  three");
  assert.equal(folded("  --a-long-option=<value>  What it does", 30), "  --a-long-option=<value>\n  What it does");
});

test("no password or token of a URL is told, whatever it is made of", () => {
  for (const url of [
    "redis://user:s3cret@host:1/0",
    "redis://user:a@s3cret@host:1/0",
    "redis://:a/s3cret@host:1/0",
    "libsql://host?authToken=s3cret&x=1",
    "https://host?access_token=s3cret&apiKey=s3cret&client_secret=s3cret#jwt=s3cret",
    "redis://:it's-s3cret@host:1",
    'redis://:say"<s3cret>"@host:1',
    "redis://'s3cret'@host:1",
    "libsql://host?authToken='s3cret'",
    'libsql://host?authToken=a"s3cret&x=1',
    "eyJhbGciOiJ.eyJzdWIiOiJ.s3cret",
  ]) {
    const told = redact(`Cannot reach ${url} as it is down`);
    assert.ok(!told.includes("s3cret"), told);
    assert.ok(told.endsWith(" as it is down"), told);
  }
  assert.equal(
    redact("Cannot use key as it must be a text: mail a@b.example"),
    "Cannot use key as it must be a text: mail a@b.example",
  );
});

test("of the URL of a store people see where it leads, and nothing else", () => {
  for (const [url, where] of [
    ["redis://:it's-s3cret@127.0.0.1:16977/2", "redis://***@127.0.0.1:16977/2"],
    ["redis://user:a s3cret@host", "redis://***@host"],
    ["rediss://host", "rediss://host"],
    ["libsql://db.example?authToken=s3cret#s3cret", "libsql://db.example"],
    ["https://user:s3cret@host/path?token=s3cret", "https://***@host/path"],
    ["libsql://user:12/s3cret@host", "libsql://***@host"],
    ["cache.db", "cache.db"],
    ["./a@b/cache.db", "./a@b/cache.db"],
    ["file:///tmp/a@b.db?mode=ro", "file:///tmp/a@b.db"],
    ["memory:", "memory:"],
  ] as const)
    assert.equal(shown(url), where);
});

test("a package that is missing is no server that is down", () => {
  const { message, fix } = failureOf(
    Object.assign(
      new Error("Cannot connect to Redis by URL as redis or ioredis must be installed: npm install redis"),
      {
        code: "MISSING_PACKAGE",
      },
    ),
  );
  assert.equal(message, "Cannot connect to Redis by URL as redis or ioredis must be installed");
  assert.equal(fix, "npm install redis");
});

test("every key is told apart by its text, and given again by it", () => {
  const keys = [
    "a",
    "[a",
    "\\[a",
    "\\\\[a",
    "\\a",
    '"a',
    '"a"',
    '\\"a',
    '\\\\"a"',
    "a\tb",
    "[a\nb]",
    '\\"\u202e',
    "a\u001b[31m",
    ["a\tb", "\u202e"],
    "@a",
    "$1n",
    ["a", 1n],
    ["a", "$1n"],
    [new Date(0)],
    [-0],
    [undefined],
    [{ a: [null] }],
  ];
  assert.equal(new Set(keys.map(keyText)).size, keys.length);
  assert.deepEqual(
    keys.map((key) => keyOf(keyText(key))),
    keys,
  );
  assert.deepEqual(
    keys.map((key) => keyOfDocument(JSON.parse(JSON.stringify(keyDocument(key))))),
    keys,
  );
  for (const none of [1, null, {}, ["$xn"]]) assert.equal(keyOfDocument(none), undefined);
  for (const key of keys) assert.equal(printable(keyText(key)), keyText(key));
  assert.deepEqual(['"a', "a\tb", '\\"a'].map(keyText), ['"a', '\\"a\\tb"', '\\\\"a']);
  for (const none of ['\\"', '\\"a', '\\"a"b']) assert.throws(() => keyOf(none), /must be JSON/);
  for (const none of ["[", "[1", '["$xn"]']) assert.throws(() => keyOf(none), /must be a JSON array/);
});
