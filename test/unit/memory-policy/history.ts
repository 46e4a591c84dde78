import { History } from "../../../src/memory/policy/history.ts";
import type { TestCase } from "../../contract/mod.ts";
import { ok, same, seededRandom, suite } from "../../contract/mod.ts";

/** That many hashes without a pattern. */
function hashes(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Math.floor(random() * 2 ** 32) | 0);
}

export const tests: TestCase[] = suite("memory history", {
  "gives a count back once": () => {
    const history = new History(100);
    history.note(-5, 3, false);
    same(history.recall(-5), 3);
    same(history.recall(-5), 0);
  },
  "a count above seven is seven": () => {
    const history = new History(100);
    history.note(1, 15, true);
    same(history.recall(1), 7);
  },
  "regrets who was turned away, until somebody else is noted in the bucket": () => {
    const history = new History(1);
    same(history.regrets(1), false);
    history.note(1, 1, true);
    same(history.regrets(1), true);
    history.note(2, 1, false);
    same(history.regrets(1), false);
    same(history.regrets(2), false);
    same(history.recall(1), 1);
  },
  "remembers nearly all of as many as the cache holds": () => {
    const history = new History(1_000);
    const all = hashes(10_000, 1);
    for (const hash of all) history.note(hash, 1, true);
    const known = all.slice(-1_000).filter((hash) => history.recall(hash) > 0).length;
    ok(known > 850, `${known} of 1000`);
  },
  "takes few strangers for somebody it knows": () => {
    const history = new History(1_000);
    for (const hash of hashes(10_000, 2)) history.note(hash, 1, true);
    const mistaken = hashes(20_000, 3).filter((hash) => history.recall(hash) > 0).length;
    ok(mistaken < 100, `${mistaken} of 20000`);
  },
});
