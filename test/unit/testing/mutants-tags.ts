import type { TagInvalidation } from "../../../src/tier.ts";
import type { TestCase } from "../../contract/mod.ts";
import type { Breakage, Whole } from "./mutant.ts";
import { mutants } from "./mutant.ts";

/** A tier that takes one invalidation for another. */
const invalidating =
  (change: (invalidation: TagInvalidation) => TagInvalidation) =>
  ({ right }: Whole): Breakage => ({
    invalidate: (invalidation) => right.invalidate(change(invalidation)),
  });

/** A tier that takes no notice of tags in one operation, which is done as on untagged entries. */
const blind =
  (operation: "deleteMany" | "touchMany" | "scan" | "getMany", when: (options: unknown) => boolean = () => true) =>
  ({ data, right }: Whole): Breakage => ({
    [operation](first: never, second: never) {
      if (!when(second)) return (right[operation] as (first: never, second: never) => unknown)(first, second);
      const before = new Map(data.entries);
      for (const [key, entry] of before) data.entries.set(key, { ...entry, tags: [] });
      const answer = (right[operation] as (first: never, second: never) => unknown)(first, second);
      for (const [key, entry] of data.entries) data.entries.set(key, { ...entry, tags: before.get(key)?.tags ?? [] });
      return answer;
    },
  });

const ANY = "invalidates by any of two tags in mode delete";
const ALL = "invalidates by all of two tags in mode delete";
const EXACT = "invalidates by exact of two tags in mode delete";
const SEQUENCE = "answers a sequence above the last, above after and not below now";

const ofTags: TestCase[] = mutants({
  "ignores tags": { caughtBy: ANY, breakage: invalidating((invalidation) => ({ ...invalidation, tags: [] })) },
  "takes the first of several tags": {
    caughtBy: ANY,
    breakage: invalidating((invalidation) => ({ ...invalidation, tags: invalidation.tags.slice(0, 1) })),
  },
  "takes any for all": { caughtBy: ALL, breakage: invalidating((invalidation) => ({ ...invalidation, match: "any" })) },
  "takes exact for all": {
    caughtBy: EXACT,
    breakage: invalidating((invalidation) => ({ ...invalidation, match: "all" })),
  },
  "takes all for exact": {
    caughtBy: ALL,
    breakage: invalidating((invalidation) => ({ ...invalidation, match: "exact" })),
  },
  "goes by the order of the tags": {
    caughtBy: EXACT,
    breakage: ({ data, right }) => ({
      invalidate(invalidation) {
        if (invalidation.match === "any") return right.invalidate(invalidation);
        for (const [key, { tags }] of data.entries)
          if (tags.join() === invalidation.tags.join()) data.entries.delete(key);
        return ++data.sequence;
      },
    }),
  },
  "invalidates untagged entries too": {
    caughtBy: ANY,
    breakage: ({ data, right }) => ({
      invalidate(invalidation) {
        for (const [key, { tags }] of data.entries) if (tags.length === 0) data.entries.delete(key);
        return right.invalidate(invalidation);
      },
    }),
  },
  "deletes where it should expire": {
    caughtBy: "invalidates by any of two tags in mode expire",
    breakage: invalidating((invalidation) => ({ ...invalidation, mode: "delete" })),
  },
  "expires where it should delete": {
    caughtBy: ANY,
    breakage: invalidating((invalidation) => ({ ...invalidation, mode: "expire" })),
  },
  "ends expired entries": {
    caughtBy: "leaves value and staleUntil of an expired entry as they were",
    breakage: ({ right }) => ({
      getMany(keys, options) {
        const answer = right.getMany(keys, options);
        return {
          ...answer,
          entries: answer.entries.map((entry) =>
            entry?.freshUntil === 0 ? { ...entry, staleUntil: options.now + 1 } : entry,
          ),
        };
      },
    }),
  },
  "lets loads from before an invalidation come back": {
    caughtBy: "invalidates by any of two tags in mode delete what was loaded before and comes later",
    breakage: ({ right }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.map(({ entry, ...write }) => ({ ...write, entry: { ...entry, sequence: undefined } })),
          now,
        ),
    }),
  },
  "deletes what matches all tags and forgets it": {
    caughtBy: "invalidates by all of two tags in mode delete what was loaded before and comes later",
    breakage: ({ data, right }) => ({
      invalidate(invalidation) {
        const sequence = right.invalidate(invalidation);
        if (invalidation.match === "any") return sequence;
        data.rules.clear();
        for (const [key, { tags }] of data.entries)
          if (invalidation.tags.every((tag) => tags.includes(tag))) data.entries.delete(key);
        return sequence;
      },
    }),
  },
  "remembers the old tags of a key": {
    caughtBy: "forgets the tags that a key had before it was written again",
    breakage: ({ data, right }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.map(({ key, entry, ...write }) => ({
            ...write,
            key,
            entry: { ...entry, tags: [...new Set([...entry.tags, ...(data.entries.get(key)?.tags ?? [])])] },
          })),
          now,
        ),
    }),
  },
  "joins tags by commas": {
    caughtBy: "tells tags apart that look alike",
    breakage: ({ data, right }) => ({
      invalidate(invalidation) {
        if (invalidation.match === "exact") {
          for (const [key, { tags }] of data.entries)
            if (tags.join() === invalidation.tags.join()) data.entries.delete(key);
        }
        return right.invalidate(invalidation);
      },
    }),
  },
  "ignores letter case in tags": {
    caughtBy: "tells tags apart that look alike",
    breakage: ({ right }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.map(({ entry, ...write }) => ({
            ...write,
            entry: { ...entry, tags: entry.tags.map((tag) => tag.toLowerCase()) },
          })),
          now,
        ),
      invalidate: (invalidation) =>
        right.invalidate({ ...invalidation, tags: invalidation.tags.map((tag) => tag.toLowerCase()) }),
    }),
  },
  "forgets tags when it is cleared": {
    caughtBy: "keeps what it knows of tags when it is cleared",
    breakage: ({ data, right }) => ({
      clear(prefix, now) {
        right.clear(prefix, now);
        if (prefix === "") data.tags.clear();
      },
    }),
  },
  "knows metadata of invalidated entries": {
    caughtBy: "makes an invalidated entry a miss for every operation",
    breakage: blind("getMany", (options) => (options as { metaOnly?: boolean }).metaOnly === true),
  },
  "lists invalidated entries": {
    caughtBy: "makes an invalidated entry a miss for every operation",
    breakage: blind("scan"),
  },
  "deletes invalidated entries as if they were there": {
    caughtBy: "makes an invalidated entry a miss for every operation",
    breakage: blind("deleteMany"),
  },
  "touches invalidated entries": {
    caughtBy: "keeps an invalidated entry invalid when it is touched",
    breakage: blind("touchMany"),
  },
  "trusts a tag without a record": {
    caughtBy: "never revives an entry whose tag lost its record",
    breakage: ({ data, right }) => ({
      getMany(keys, options) {
        for (const key of keys)
          for (const tag of data.entries.get(key)?.tags ?? [])
            if (!data.tags.has(tag)) data.tags.set(tag, { deleted: 0, expired: 0 });
        return right.getMany(keys, options);
      },
    }),
  },
});

const ofSequences: TestCase[] = mutants({
  "takes the time for the sequence": {
    caughtBy: SEQUENCE,
    breakage: ({ data, right }) => ({
      invalidate(invalidation) {
        right.invalidate(invalidation);
        data.sequence = invalidation.now;
        return data.sequence;
      },
    }),
  },
  "counts from 1": {
    caughtBy: SEQUENCE,
    breakage: invalidating((invalidation) => ({ ...invalidation, now: 0 })),
  },
  "ignores after": { caughtBy: SEQUENCE, breakage: invalidating((invalidation) => ({ ...invalidation, after: 0 })) },
  "does not raise the sequence for match all": {
    caughtBy: SEQUENCE,
    breakage: ({ data, right }) => ({
      invalidate(invalidation) {
        const before = data.sequence;
        const answer = right.invalidate(invalidation);
        if (invalidation.match === "all") data.sequence = before;
        return invalidation.match === "all" ? before : answer;
      },
    }),
  },
  "reads and raises the sequence in two steps": {
    caughtBy: "answers every one of parallel invalidations another sequence",
    breakage: ({ data, right }) => ({
      async invalidate(invalidation) {
        const next = Math.max(data.sequence + 1, invalidation.now);
        await undefined;
        right.invalidate(invalidation);
        data.sequence = next;
        return next;
      },
    }),
  },
  "forgets that a tag was deleted when it expires": {
    caughtBy: "goes by each tag's last invalidation of either mode, whichever came last",
    breakage: ({ data, right }) => ({
      invalidate(invalidation) {
        const expired = right.invalidate(invalidation);
        if (invalidation.mode === "expire")
          for (const tag of invalidation.tags) data.tags.set(tag, { deleted: 0, expired });
        return expired;
      },
    }),
  },
  "goes by a tag's first invalidation": {
    caughtBy: "goes by each tag's last invalidation of either mode, whichever came last",
    breakage: ({ data, right }) => ({
      invalidate(invalidation) {
        const before = new Map(data.tags);
        const sequence = right.invalidate(invalidation);
        for (const [tag, mark] of before) if (mark.deleted > 0) data.tags.set(tag, mark);
        return sequence;
      },
    }),
  },
  "invalidates every tag that it knows": {
    caughtBy: "goes by each tag's last invalidation of either mode, whichever came last",
    breakage: ({ data, right }) => ({
      invalidate: (invalidation) =>
        right.invalidate({ ...invalidation, tags: [...invalidation.tags, ...data.tags.keys()] }),
    }),
  },
  "makes no record when an entry is written": {
    caughtBy: "counts an entry with a tag never seen before as valid, at the sequence of a read",
    breakage: ({ data, right }) => ({
      setMany(writes, now) {
        const answer = right.setMany(writes, now);
        data.tags.clear();
        return answer;
      },
    }),
  },
  "counts a new tag as invalidated now": {
    caughtBy: "counts an entry with a tag never seen before as valid, at the sequence of a read",
    breakage: ({ data, right }) => ({
      setMany(writes, now) {
        const known = new Set(data.tags.keys());
        const answer = right.setMany(writes, now);
        const expired = data.sequence + 1;
        for (const tag of data.tags.keys()) if (!known.has(tag)) data.tags.set(tag, { deleted: 0, expired });
        return answer;
      },
    }),
  },
  "forgets the invalidation of a tag that no entry has": {
    caughtBy: "remembers the invalidation of a tag that no entry had",
    breakage: ({ data, right }) => ({
      invalidate: (invalidation) =>
        right.invalidate({ ...invalidation, tags: invalidation.tags.filter((tag) => data.tags.has(tag)) }),
    }),
  },
  "refuses an entry of the very sequence of the invalidation": {
    caughtBy: "counts an entry of the very sequence of an invalidation as valid, one of the sequence before as not",
    breakage: ({ right }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.map(({ entry, ...write }) => ({
            ...write,
            entry: entry.sequence === undefined ? entry : { ...entry, sequence: entry.sequence - 1 },
          })),
          now,
        ),
    }),
  },
  "writes under no sequence": {
    caughtBy: "writes entries without a sequence under the one that it answers",
    breakage: ({ right }) => ({
      setMany(writes, now) {
        right.setMany(writes, now);
        return { sequence: 0 };
      },
    }),
  },
  "invalidates by the age of the entry alone": {
    caughtBy: "leaves entries of other tags and without tags alone, whatever their sequence",
    breakage: ({ data, right }) => ({
      getMany(keys, options) {
        const answer = right.getMany(keys, options);
        return {
          ...answer,
          entries: answer.entries.map((entry) => (entry && entry.sequence! < data.sequence ? undefined : entry)),
        };
      },
    }),
  },
});

export const tests: TestCase[] = [...ofTags, ...ofSequences];
