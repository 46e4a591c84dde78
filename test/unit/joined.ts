import { joined } from "../../src/joined.ts";
import { same } from "../contract/assert.ts";
import { suite, type TestCase } from "../contract/mod.ts";

/** What becomes of work whose request has ended is tested in test/workers/requests.test.ts. */
export const tests: TestCase[] = suite("joined", {
  "ends when the work does": async () => {
    let finish = () => {};
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let isOver = false;
    const ended = joined(work).then((answer) => {
      isOver = true;
      return answer;
    });
    await Promise.resolve();
    same(isOver, false);
    finish();
    same(await ended, true);
    same(await joined(Promise.resolve("at hand")), true);
  },
  "takes a rejection for the sign that the work will not end": async () => {
    same(await joined(Promise.reject(new Error("ended"))), false);
  },
});
