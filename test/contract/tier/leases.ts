/**
 * The contract for leases ("Scaling Memcache at Facebook", NSDI 2013): one loader per key, and a write only while its lease stands.
 *
 * @module
 */
import { equal, ok, same } from "../assert.ts";
import { invalidate } from "./sequences.ts";
import type { ContractTest, Handle, Subject } from "./subject.ts";
import { contract } from "./subject.ts";

/** The lease of a key that nobody has. */
async function held(handle: Handle, key = "k"): Promise<number> {
  const lease = await handle.lease(key);
  same(typeof lease, "number", "a key without a fresh entry that nobody loads must give a lease");
  return lease!;
}

/** Holds when a write under the lease is stored. */
async function stored(subject: Subject, lease: number, value: unknown): Promise<void> {
  const { refused } = await subject.write([{ key: "k", entry: subject.entry(value), lease }]);
  equal([refused, await subject.values("k")], [[], [value]], "a write under a lease that stands must be stored");
}

/** Holds when a write under the lease changes nothing and is named as refused. */
async function refused(subject: Subject, lease: number, message: string): Promise<void> {
  const before = await subject.values("k");
  const answer = await subject.write([{ key: "k", entry: subject.entry("late"), lease }]);
  equal(await subject.values("k"), before, message);
  equal(answer.refused, ["k"], `${message}, so the answer must name the key as refused`);
}

const givenTo: ContractTest[] = contract(["leases"], {
  "gives the lease of a key to one reader": async (subject) => {
    await held(subject);
    same(await subject.lease("k"), undefined);
    await held(subject, "other");
  },
  "gives the lease of a key to one of many readers at a time": async (subject) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => subject.lease("k")));
    same(answers.filter((lease) => lease !== undefined).length, 1);
  },
  "gives leases for the misses of a batch and none for its hits": async ({ tier, put, now, leaseAll }) => {
    if ((tier.capabilities.maxBatch ?? Infinity) < 3) return;
    await put("hit", null);
    equal(
      (await leaseAll(["a", "hit", "b"])).map((lease) => typeof lease),
      ["number", "undefined", "number"],
    );
    same(
      (await tier.getMany(["hit"], { now: now() })).leases?.[0],
      undefined,
      "a read without lease must not take one",
    );
  },
  "takes no lease on a read that does not ask for one": async (subject) => {
    await subject.read(["k"]);
    await held(subject);
  },
  "gives an expired key a lease": async (subject) => {
    await subject.put("k", 1);
    await subject.clock.advance(subject.ttl);
    await held(subject);
  },
  "gives the lease of a stale entry, with the entry, from the moment that it is stale": async (subject) => {
    const { tier, put, values, clock, now, ttl } = subject;
    await put("k", "old", { grace: 2 * ttl });
    await clock.advance(ttl - 1);
    same(await subject.lease("k"), undefined, "it is fresh for one millisecond more");
    await clock.advance(1);
    const { entries, leases } = await tier.getMany(["k"], { now: now(), lease: 10_000 });
    equal([entries[0]?.value, typeof leases?.[0]], ["old", "number"]);
    same(await subject.lease("k"), undefined);
    equal(await values("k"), ["old"], "a lease must not hide the stale entry");
    await stored(subject, leases![0]!, "new");
    same(await subject.lease("k"), undefined, "it is fresh again");
  },
  "gives no lease of a fresh entry, unless it is to be refreshed": async (subject) => {
    await subject.put("k", "old", { ttl: Infinity });
    same(await subject.lease("k"), undefined);
    const lease = await subject.lease("k", { refresh: true });
    same(typeof lease, "number");
    same(await subject.lease("k", { refresh: true }), undefined, "another holds it");
    equal(await subject.values("k"), ["old"], "a lease must not hide the fresh entry");
    await stored(subject, lease!, "new");
    same(typeof (await subject.lease("k", { refresh: true })), "number");
  },
  "gives the lease of a missing key that is to be refreshed": async (subject) => {
    same(typeof (await subject.lease("k", { refresh: true })), "number");
    same(await subject.lease("k"), undefined);
  },
  "gives the key to another when the lease ran out, and refuses the first holder": async (subject) => {
    const first = await held(subject);
    await subject.clock.advance(9_999);
    same(await subject.lease("k"), undefined);
    await subject.clock.advance(1);
    const second = await held(subject);
    ok(second !== first, "the second lease must be another");
    await refused(subject, first, "the lease was lost");
    await stored(subject, second, 2);
  },
});

const ofTags: ContractTest[] = contract(["leases", "tags"], {
  "gives the lease of an entry that was invalidated, in either mode": async (subject) => {
    await subject.put("expired", 1, { tags: ["t"] });
    await subject.put("deleted", 1, { tags: ["u"] });
    await invalidate(subject, ["t"], { mode: "expire" });
    await invalidate(subject, ["u"]);
    await held(subject, "expired");
    await held(subject, "deleted");
    const [expired] = await subject.read(["expired"]);
    same(expired?.freshUntil, 0, "a lease must not hide the stale entry");
  },
});

const writes: ContractTest[] = contract(["leases"], {
  "takes the write of the holder, after which the lease is gone": async (subject) => {
    const lease = await held(subject);
    await stored(subject, lease, 1);
    await refused(subject, lease, "a lease is for one write");
    await subject.remove("k");
    await held(subject);
  },
  "takes the write of a holder that is late, while nobody took or revoked its lease": async (subject) => {
    const lease = await held(subject);
    await subject.clock.advance("1h");
    await stored(subject, lease, "late but right");
    await refused(subject, lease, "a lease is for one write");
  },
  "takes a write without a lease, whoever holds one": async (subject) => {
    await held(subject);
    await subject.put("k", "plain");
    equal(await subject.values("k"), ["plain"]);
  },
  "refuses a write under lease 0, and leaves the lease of another alone": async (subject) => {
    await refused(subject, 0, "lease 0 never stands");
    const lease = await held(subject);
    await refused(subject, 0, "lease 0 is nobody's");
    await stored(subject, lease, 1);
    await refused(subject, 0, "lease 0 never stands over an entry either");
  },
  "refuses a write under the lease of another key": async (subject) => {
    const [lease, other] = [await held(subject), await held(subject, "other")];
    await refused(subject, other, "the lease is of another key");
    await stored(subject, lease, 1);
  },
  "refuses a write whose lease was revoked by a write": async (subject) => {
    const lease = await held(subject);
    await subject.put("k", "newer");
    await refused(subject, lease, "a set revokes the lease");
  },
  "refuses a write whose lease was revoked by a delete": async (subject) => {
    const lease = await held(subject);
    equal(await subject.remove("k"), [false]);
    await refused(subject, lease, "a delete revokes the lease, also when nothing was there");
  },
  "refuses a write whose lease was revoked by clear, and leaves the leases of neighbours": async (subject) => {
    const lease = await held(subject);
    const neighbour = await held(subject, "l");
    await subject.tier.clear("k", subject.now());
    await refused(subject, lease, "clear revokes the lease");
    await subject.put("l", 1, {}, neighbour);
    equal(await subject.values("l"), [1]);
  },
  "refuses a write whose lease was revoked after it ran out": async (subject) => {
    const revokes: readonly (() => unknown)[] = [
      () => subject.put("k", "newer"),
      () => subject.remove("k"),
      () => subject.tier.clear("k", subject.now()),
      () => subject.tier.release!([{ key: "k" }]),
    ];
    for (const revoke of revokes) {
      const lease = await held(subject);
      await subject.clock.advance("1m");
      await revoke();
      await refused(subject, lease, "a lease that ran out can be revoked all the same");
      await subject.remove("k");
    }
  },
  "gives a released lease to the next and refuses who released it": async (subject) => {
    const lease = await held(subject);
    await subject.tier.release!([{ key: "k", lease }]);
    await refused(subject, lease, "a released lease is gone");
    await held(subject);
  },
  "revokes whatever lease a key has when release names none": async (subject) => {
    const lease = await held(subject);
    await subject.tier.release!([{ key: "k" }, { key: "without" }]);
    await refused(subject, lease, "release revokes the lease");
    await held(subject);
  },
  "does not release the lease of another": async (subject) => {
    const first = await held(subject);
    await subject.clock.advance(10_000);
    const second = await held(subject);
    await subject.tier.release!([{ key: "k", lease: first }]);
    same(await subject.lease("k"), undefined);
    await stored(subject, second, 2);
  },
  "writes the rest of a batch when some of its leases are refused, and names those": async (subject) => {
    if ((subject.tier.capabilities.maxBatch ?? Infinity) < 5) return;
    const { entry, values, put } = subject;
    const [good, lost] = [await held(subject, "good"), await held(subject, "lost")];
    await put("lost", "newer");
    await put("zero", "before");
    const leases: [string, number?][] = [["a"], ["lost", lost], ["good", good], ["zero", 0], ["b"]];
    const answer = await subject.write(leases.map(([key, lease]) => ({ key, entry: entry("late"), lease })));
    equal([...answer.refused].sort(), ["lost", "zero"]);
    equal(await values("a", "lost", "good", "zero", "b"), ["late", "newer", "late", "before", "late"]);
  },
});

const ofOpeners: ContractTest[] = contract(["shared", "leases", "reopen"], {
  "gives the lease of a key to one opener, and lets another revoke it": async (subject) => {
    const other = await subject.second();
    const lease = await held(subject);
    same(await other.lease("k"), undefined);
    await other.remove("k");
    await refused(subject, lease, "another opener revoked the lease");
    equal(await other.values("k"), [undefined]);
  },
  "lists the keys that somebody loads where it is asked to, page by page": async (subject) => {
    const { tier, put, scan } = subject;
    if (!tier.capabilities.keys) return;
    for (const key of ["a", "c", "e", "x"]) await put(key, 1);
    for (const key of ["b", "d", "f", "y"]) await held(subject, key);
    await subject.lease("p/g");
    for (const limit of [1, 2, 100]) {
      equal(await scan("", limit, true), ["a", "b", "c", "d", "e", "f", "p/g", "x", "y"]);
      equal(await scan("p/", limit, true), ["p/g"]);
      equal(await scan("", limit), ["a", "c", "e", "x"]);
    }
    await put("b", 1);
    await tier.deleteMany(["d"], subject.now());
    equal(await scan("", 100, true), ["a", "b", "c", "e", "f", "p/g", "x", "y"]);
  },
});

/** Tests of the capability `leases`. */
export const leases: ContractTest[] = [...givenTo, ...ofTags, ...writes, ...ofOpeners];
