/**
 * The contract for leases ("Scaling Memcache at Facebook", NSDI 2013): one loader per key, and a write only while its lease stands.
 *
 * @module
 */
import { equal, ok, same } from "../assert.ts";
import type { ContractTest, Subject } from "./subject.ts";
import { contract } from "./subject.ts";

async function held(subject: Subject, key = "k"): Promise<number> {
  const lease = await subject.lease(key);
  same(typeof lease, "number", "a miss that nobody loads must give a lease");
  return lease!;
}

/** Holds when a write under the lease is refused, silently. */
async function refused(subject: Subject, lease: number, message: string): Promise<void> {
  const before = await subject.values("k");
  await subject.put("k", "late", {}, lease);
  equal(await subject.values("k"), before, message);
}

/** Tests of the capability `leases`. */
export const leases: ContractTest[] = contract(["leases"], {
  "gives the lease of a key to one reader": async (subject) => {
    await held(subject);
    same(await subject.lease("k"), undefined);
    await held(subject, "other");
  },
  "gives the lease of a key to one of many readers at a time": async (subject) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => subject.lease("k")));
    same(answers.filter((lease) => lease !== undefined).length, 1);
  },
  "gives leases for the misses of a batch and none for its hits": async ({ tier, put, now }) => {
    if ((tier.capabilities.maxBatch ?? Infinity) < 3) return;
    await put("hit", null);
    const { leases } = await tier.getMany(["a", "hit", "b"], { now: now(), lease: 10_000 });
    equal(
      leases?.map((lease) => typeof lease),
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
  "takes the write of the holder, after which the lease is gone": async (subject) => {
    const lease = await held(subject);
    await subject.put("k", 1, {}, lease);
    equal(await subject.values("k"), [1]);
    await refused(subject, lease, "a lease is for one write");
    await subject.remove("k");
    await held(subject);
  },
  "gives an expired key a lease": async (subject) => {
    await subject.put("k", 1);
    await subject.clock.advance(subject.ttl);
    await held(subject);
  },
  "gives the key to another when the lease ran out, and refuses the first holder": async (subject) => {
    const first = await held(subject);
    await subject.clock.advance(9_999);
    same(await subject.lease("k"), undefined);
    await subject.clock.advance(1);
    const second = await held(subject);
    ok(second !== first, "the second lease must be another");
    await refused(subject, first, "the lease was lost");
    await subject.put("k", 2, {}, second);
    equal(await subject.values("k"), [2], "a refused write must not take the lease of another away");
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
    await subject.put("k", 2, {}, second);
    equal(await subject.values("k"), [2]);
  },
  "writes the rest of a batch when one lease is refused": async ({ tier, entry, now, values, ...subject }) => {
    if ((tier.capabilities.maxBatch ?? Infinity) < 3) return;
    const lease = await subject.lease("b");
    await subject.put("b", "newer");
    const writes = ["a", "b", "c"].map((key) => ({ key, entry: entry("late"), ...(key === "b" && { lease: lease! }) }));
    await tier.setMany(tier.prepare ? await tier.prepare(writes) : writes, now());
    equal(await values("a", "b", "c"), ["late", "newer", "late"]);
  },
});
