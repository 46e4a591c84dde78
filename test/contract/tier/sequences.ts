/**
 * The contract for the invalidation sequence: it only rises, and what is older than a tag's last invalidation is over.
 *
 * @module
 */
import type { TagInvalidation } from "../../../src/tier.ts";
import { equal, ok, same } from "../assert.ts";
import type { ContractTest, Subject } from "./subject.ts";
import { contract } from "./subject.ts";

/** Invalidates with the defaults `any`, `delete`, now, after 0. */
export async function invalidate(
  { tier, now }: Subject,
  tags: readonly string[],
  rest: Partial<TagInvalidation> = {},
): Promise<number> {
  return tier.invalidate!({ tags, match: "any", mode: "delete", now: now(), after: 0, ...rest });
}

const records: ContractTest[] = contract(["tags"], {
  "answers a sequence above the last, above after and not below now": async (subject) => {
    const { now, sequence } = subject;
    const first = await invalidate(subject, ["a"]);
    ok(first >= now(), "the sequence must not be below now");
    const second = await invalidate(subject, ["b"], { now: now() - 3_600_000 });
    ok(second > first, "the sequence must rise when now goes back");
    const after = second + 5_000_000;
    const third = await invalidate(subject, ["a"], { after });
    ok(third > after, "the sequence must be above after");
    const fourth = await invalidate(subject, ["never seen"], { match: "all", mode: "expire" });
    ok(fourth > third, "the sequence must rise for every match and mode");
    ok(Number.isSafeInteger(fourth), "the sequence must be a safe integer");
    ok((await sequence()) >= fourth, "a read must know the last sequence");
  },
  "answers every one of parallel invalidations another sequence": async (subject) => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => invalidate(subject, [`t${index % 3}`])));
    same(new Set(answers).size, 20);
    same(await subject.sequence(), Math.max(...answers));
  },
  "goes by each tag's last invalidation of either mode, whichever came last": async (subject) => {
    for (const [tag, modes] of [
      ["t", ["delete", "expire"]],
      ["u", ["expire", "delete"]],
    ] as const) {
      const { put, read, sequence } = subject;
      await put("written", 1, { tags: [tag] });
      const before = await sequence();
      const first = await invalidate(subject, ["also", tag], { mode: modes[0] });
      const second = await invalidate(subject, [tag], { mode: modes[1] });
      await put("before", 1, { tags: [tag], sequence: before });
      await put("between", 1, { tags: [tag], sequence: first });
      await put("after", 1, { tags: [tag], sequence: second });
      await put("also", 1, { tags: ["also"], sequence: first });
      const [written, late, between, after, also] = await read(["written", "before", "between", "after", "also"]);
      const order = modes.join(", then ");
      // Expired as well or not, it was deleted.
      equal([written, late], [undefined, undefined], `${order}: from before both`);
      const isOver = between === undefined || (modes[1] === "expire" && between.freshUntil === 0);
      ok(isOver, `${order}: from between must not be fresh`);
      ok(after && after.freshUntil > 0, `${order}: from after both must be fresh`);
      ok(also && also.freshUntil > 0, `${order}: of a tag that the second did not name must be fresh`);
    }
  },
  "counts an entry with a tag never seen before as valid, at the sequence of a read": async (subject) => {
    const { put, read, sequence } = subject;
    const bumped = await invalidate(subject, ["another"]);
    same(await sequence(), bumped);
    await put("k", 1, { tags: ["new"], sequence: bumped });
    const [found] = await read(["k"]);
    equal([found?.value, found?.sequence, found?.freshUntil], [1, bumped, subject.now() + subject.ttl]);
  },
  "remembers the invalidation of a tag that no entry had": async (subject) => {
    const before = await subject.sequence();
    await invalidate(subject, ["t"]);
    await subject.put("k", 1, { tags: ["t"], sequence: before });
    equal(await subject.values("k"), [undefined]);
  },
  "counts an entry of the very sequence of an invalidation as valid, one of the sequence before as not": async (
    subject,
  ) => {
    const { put, hits } = subject;
    await put("k", 1, { tags: ["t"] });
    const bumped = await invalidate(subject, ["t"]);
    await put("at", 1, { tags: ["t"], sequence: bumped });
    await put("below", 1, { tags: ["t"], sequence: bumped - 1 });
    equal(await hits(["at", "below"]), ["at"]);
  },
  "writes entries without a sequence under the one that it answers": async (subject) => {
    const { put, read } = subject;
    const bumped = await invalidate(subject, ["t"]);
    const answer = await put("k", 1, { tags: ["t"] });
    ok(answer >= bumped, "the write must come after the invalidation");
    same((await read(["k"]))[0]?.sequence, answer);
  },
  "leaves entries of other tags and without tags alone, whatever their sequence": async (subject) => {
    const { put, hits, sequence } = subject;
    const before = await sequence();
    await put("tagged", 1, { tags: ["other"] });
    await invalidate(subject, ["t"]);
    await put("untagged", 1, { sequence: before });
    equal(await hits(["tagged", "untagged"]), ["tagged", "untagged"]);
    await put("tagged", 2, { tags: ["other"], sequence: before });
    equal(await hits(["tagged"]), ["tagged"], "a load that began before the invalidation of another tag is valid");
  },
});

const lost: ContractTest[] = contract(["tags", "loseTags"], {
  "never revives an entry whose tag lost its record": async (subject) => {
    const { put, hits, given } = subject;
    await put("invalidated", 1, { tags: ["t"] });
    await put("valid", 1, { tags: ["u"] });
    await invalidate(subject, ["t"]);
    await given.loseTags!(["t", "u"]);
    equal(await hits(["invalidated", "valid"]), [], "a tag without a record is a mismatch");
    await put("new", 1, { tags: ["t"] });
    equal(await hits(["invalidated", "new"]), ["new"], "a write makes the record anew");
  },
});

/** Tests of the invalidation sequence and of the records of tags. */
export const sequences: ContractTest[] = [...records, ...lost];
