import type { Plan, Row, Step } from "../../../adapters/sql/driver.ts";
import { type QueueSettings, RemoteQueue } from "../../../adapters/sql/remote-queue.ts";
import { equal, rejects, same } from "../../contract/assert.ts";
import { type FakeClock, fakeClock } from "../../contract/fake-clock.ts";
import { settle } from "../../contract/settle.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** A request under way. */
interface Request {
  readonly texts: string[];
  /** Answers each step with a row of its text. */
  answer(): void;
  fail(error: unknown): void;
}

interface Rig {
  readonly queue: RemoteQueue;
  readonly clock: FakeClock;
  readonly requests: Request[];
}

function rig(settings: Partial<QueueSettings> = {}): Rig {
  const clock = fakeClock();
  const requests: Request[] = [];
  const send = (steps: readonly Step[]) =>
    new Promise<readonly (readonly Row[])[]>((resolve, reject) => {
      const texts = steps.map(({ sql }) => sql);
      requests.push({ texts, answer: () => resolve(texts.map((text) => [[text]])), fail: reject });
    });
  return {
    queue: new RemoteQueue({ slots: 1, patience: 1_000, maxBytes: 100, send, clock, ...settings }),
    clock,
    requests,
  };
}

/** A plan whose answer is the texts of its steps. */
function plan(...texts: string[]): Plan<unknown> {
  return { steps: texts.map((sql) => ({ sql, args: [] })), finish: (rows) => rows.map(([row]) => row![0]) };
}

const refused = Object.assign(new Error("no"), { code: "SQLITE_CONSTRAINT" });
const lost = new TypeError("fetch failed");

export const tests: TestCase[] = suite("queue of remote SQL", {
  "sends what finds a slot at once, and together what has waited for one": async () => {
    const { queue, requests } = rig();
    const answers = Promise.all(["a", "b", "c"].map((text) => queue.add(plan(`${text}1`, `${text}2`))));
    equal(
      requests.map(({ texts }) => texts),
      [["a1", "a2"]],
    );
    requests[0]!.answer();
    await settle();
    equal(requests[1]!.texts, ["b1", "b2", "c1", "c2"]);
    requests[1]!.answer();
    equal(await answers, [
      ["a1", "a2"],
      ["b1", "b2"],
      ["c1", "c2"],
    ]);
    void queue.add(plan("d"));
    same(requests.length, 3, "the slot must be free again");
  },
  "has as many requests under way as slots": async () => {
    const { queue, requests } = rig({ slots: 3 });
    for (const text of ["a", "b", "c", "d", "e"]) void queue.add(plan(text));
    equal(
      requests.map(({ texts }) => texts),
      [["a"], ["b"], ["c"]],
    );
    requests[1]!.answer();
    await settle();
    equal(requests[3]!.texts, ["d", "e"]);
  },
  "sends all at once and each by itself where there are slots without end": async () => {
    const { queue, requests } = rig({ slots: Infinity });
    const answers = ["a", "b"].map((text) => queue.add(plan(text)));
    equal(
      requests.map(({ texts }) => texts),
      [["a"], ["b"]],
    );
    requests[1]!.answer();
    equal(await answers[1], ["b"]);
  },
  "does again by itself what was refused together, so that a bad one harms no other": async () => {
    const { queue, requests } = rig();
    const answers = ["a", "b", "bad", "c"].map((text) => queue.add(plan(text)));
    const settled = Promise.allSettled(answers);
    requests[0]!.answer();
    await settle();
    requests[1]!.fail(refused);
    for (let at = 2; at < 5; at++) {
      await settle();
      if (requests[at]!.texts[0] === "bad") requests[at]!.fail(refused);
      else requests[at]!.answer();
    }
    equal(
      (await settled).map((one) => (one.status === "fulfilled" ? one.value : one.reason)),
      [["a"], ["b"], refused, ["c"]],
    );
    equal(
      requests.map(({ texts }) => texts),
      [["a"], ["b", "bad", "c"], ["b"], ["bad"], ["c"]],
    );
  },
  "does nothing twice whose outcome is not known": async () => {
    const { queue, requests } = rig();
    const settled = Promise.allSettled(["a", "b", "c"].map((text) => queue.add(plan(text))));
    requests[0]!.answer();
    await settle();
    requests[1]!.fail(lost);
    equal(
      (await settled).map(({ status }) => status),
      ["fulfilled", "rejected", "rejected"],
    );
    same(requests.length, 2);
  },
  "rejects the plan whose answer cannot be right, and no other": async () => {
    const { queue, requests } = rig();
    const bad: Plan<unknown> = {
      ...plan("bad"),
      finish() {
        throw lost;
      },
    };
    const settled = Promise.allSettled([plan("a"), bad, plan("b")].map((one) => queue.add(one)));
    requests[0]!.answer();
    await settle();
    requests[1]!.answer();
    equal(
      (await settled).map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
  },
  "sends no more together than a request may have, but one of any size": async () => {
    const { queue, requests } = rig({ maxBytes: 10 });
    const large = (text: string, bytes: number): Plan<unknown> => ({
      ...plan(text),
      steps: [{ sql: text, args: [new Uint8Array(bytes - 1), "x", 5, null] }],
    });
    for (const one of [large("first", 1), large("a", 6), large("b", 4), large("c", 1), large("d", 50), large("e", 1)])
      void queue.add(one);
    for (let at = 0; at < 4; at++) {
      requests[at]!.answer();
      await settle();
    }
    equal(
      requests.map(({ texts }) => texts),
      [["first"], ["a", "b"], ["c"], ["d"], ["e"]],
    );
  },
  "gives up, and does not send, what has waited too long": async () => {
    const { queue, requests, clock } = rig({ slots: 1, patience: 1_000 });
    void queue.add(plan("a"));
    const late = rejects(queue.add(plan("late")), "TIER_TIMEOUT");
    await clock.advance(500);
    void queue.add(plan("b"));
    // By then the request that hangs has lost its slot.
    await clock.advance(500);
    await late;
    equal(
      requests.map(({ texts }) => texts),
      [["a"], ["b"]],
    );
  },
  "takes a slot from a request that hangs, and gives it back once": async () => {
    const { queue, requests, clock } = rig();
    const hanging = queue.add(plan("hangs"));
    await clock.advance(900);
    void queue.add(plan("a"));
    same(requests.length, 1);
    await clock.advance(100);
    same(requests.length, 2);
    requests[0]!.answer();
    equal(await hanging, ["hangs"], "it is answered all the same");
    void queue.add(plan("b"));
    await settle();
    same(requests.length, 2, "the slot is the other's by now");
  },
  "refuses more than may wait": async () => {
    const { queue } = rig();
    for (let count = 0; count <= 10_000; count++) void queue.add(plan("a"));
    await rejects(queue.add(plan("a")), "TIER_TIMEOUT");
  },
});
