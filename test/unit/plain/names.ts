import { escaped, keyOf, nameBegins, nameOf } from "../../../adapters/plain/names.ts";
import { equal, ok, same } from "../../contract/assert.ts";
import { seededRandom } from "../../contract/seeded-random.ts";
import { suite, type TestCase } from "../../contract/suite.ts";
import { NEIGHBOURS, ODD, PREFIXES } from "../../contract/tier/odd-keys.ts";

const LIMIT = 200;
const long = "x".repeat(LIMIT);

/** Keys of letters that are mixed up most easily. */
function randomKeys(count: number): string[] {
  const random = seededRandom(5);
  const letters = ["a", "A", "_", "__", ":", "_3a", "5f", "-", "é", "😀", "\ufeff", "/", "."];
  return Array.from({ length: count }, () =>
    Array.from({ length: Math.floor(random() * 6) }, () => letters[Math.floor(random() * letters.length)]).join(""),
  );
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("plain names", {
  "leaves what is safe as it is, and escapes the rest"() {
    equal(
      ["", "user:42", "a-b", "A", "a_b", "é", "a/b", " "].map((key) => nameOf(key, LIMIT)),
      ["k", "kuser__42", "ka-b", "k_41", "ka_5fb", "k_c3_a9", "ka_2fb", "k_20"],
    );
  },
  "is made of a-z, 0-9, - and _ alone, and is never too long"() {
    for (const key of [...NEIGHBOURS, ...randomKeys(1_000), long, "😀".repeat(60)]) {
      const name = nameOf(key, LIMIT);
      ok(/^[kh][a-z0-9_-]*$/.test(name) && name.length <= LIMIT, name);
    }
  },
  "is another one for every key, also in other letter case"() {
    const keys = [...new Set([...NEIGHBOURS, ...randomKeys(5_000), long, `${long}1`, `${long}2`, nameOf(long, LIMIT)])];
    same(new Set(keys.map((key) => nameOf(key, LIMIT).toUpperCase())).size, keys.length);
  },
  "is made of the hash where it would be too long"() {
    same(nameOf("x".repeat(LIMIT - 1), LIMIT), `k${"x".repeat(LIMIT - 1)}`);
    same(nameOf(long, LIMIT).length, 65);
    ok(nameOf("A".repeat(67), LIMIT).startsWith("h"), "what counts is the length of the name");
    ok(nameOf("A".repeat(66), LIMIT).startsWith("k"));
  },
  "gives the key back, if it is not made of the hash"() {
    for (const key of [...ODD, ...randomKeys(1_000)]) same(keyOf(nameOf(key, LIMIT)), key, JSON.stringify(key));
    for (const name of ["", "x", nameOf(long, LIMIT), "k_4", "k_zz", "kA", "k_61", "k_ff", "k é"])
      same(keyOf(name), undefined, name);
  },
  "begins as its key begins, and only so"() {
    const keys = [...NEIGHBOURS, ...randomKeys(2_000)];
    for (const prefix of ["", ...PREFIXES, "a:", ":", "_", "__", "_3a", "\ufeff"]) {
      for (const key of keys) {
        same(nameBegins(nameOf(key, LIMIT), prefix), key.startsWith(prefix), JSON.stringify({ key, prefix }));
        same(escaped(key).startsWith(escaped(prefix)), key.startsWith(prefix));
      }
    }
    same(nameBegins(nameOf(long, LIMIT), "x"), undefined, "a hash does not tell");
  },
});
