import { prefixEnd, range } from "../../../adapters/sql/liveness.ts";
import { equal, ok, same } from "../../contract/assert.ts";
import { seededRandom } from "../../contract/seeded-random.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** Code points around every seam: ASCII, the end of two and three bytes, beside the surrogates, astral ones, the last. */
const POINTS = [
  0x01, 0x61, 0x62, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x1f600, 0x10fffe, 0x10ffff,
];

const encoder = new TextEncoder();

/** The order of SQLite: by the bytes of UTF-8. */
function compare(left: string, right: string): number {
  const [a, b] = [encoder.encode(left), encoder.encode(right)];
  for (let index = 0; index < Math.min(a.length, b.length); index++)
    if (a[index] !== b[index]) return a[index]! - b[index]!;
  return a.length - b.length;
}

export const tests: TestCase[] = suite("sql prefix", {
  "ends a prefix at the least text above all that begin with it"() {
    equal(["a", "a:", "", "az", "é"].map(prefixEnd), ["b", "a;", null, "a{", "ê"]);
  },
  "steps over the surrogates"() {
    same(prefixEnd("a\ud7ff"), "a\ue000");
    same(prefixEnd("a\uffff"), "a\u{10000}");
  },
  "raises an astral character as a whole"() {
    same(prefixEnd("😀"), "😁");
  },
  "raises the character before the last of all code points, and has no end where there is none"() {
    same(prefixEnd("a\u{10ffff}\u{10ffff}"), "b");
    same(prefixEnd("\u{10ffff}"), null);
  },
  "bounds exactly the keys with the prefix, whatever the code points"() {
    const random = seededRandom(7);
    const text = (): string =>
      String.fromCodePoint(
        ...Array.from({ length: Math.floor(random() * 4) }, () => POINTS[Math.floor(random() * POINTS.length)]!),
      );
    let within = 0;
    for (let round = 0; round < 20_000; round++) {
      const prefix = text();
      const key = random() < 0.5 ? prefix + text() : text();
      const [from, to] = range(prefix) as [string, string | null];
      const inRange = compare(key, from) >= 0 && (to === null || compare(key, to) < 0);
      same(inRange, key.startsWith(prefix), JSON.stringify({ key, prefix }));
      if (inRange) within++;
    }
    ok(within > 5_000 && within < 19_000, "both outcomes must be tried");
  },
  "has no range for a prefix that no key can have"() {
    equal([range("a\0"), range("\ud83d"), range("\udc00")], [undefined, undefined, undefined]);
  },
});
