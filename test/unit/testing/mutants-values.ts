import type { Entry } from "../../../src/entry.ts";
import type { TestCase } from "../../contract/mod.ts";
import type { Breakage, Whole } from "./mutant.ts";
import { BrokenTierError, mutants } from "./mutant.ts";

type Change = (entry: Entry, key: string) => Entry | undefined;

/** A tier whose reads, or writes, change the entry. */
const reading =
  (change: Change) =>
  ({ right }: Whole): Breakage => ({
    getMany(keys, options) {
      const answer = right.getMany(keys, options);
      return { ...answer, entries: answer.entries.map((entry, index) => entry && change(entry, keys[index]!)) };
    },
  });
const writing =
  (change: (entry: Entry) => Entry) =>
  ({ right }: Whole): Breakage => ({
    setMany: (writes, now) =>
      right.setMany(
        writes.map((write) => ({ ...write, entry: change(write.entry) })),
        now,
      ),
  });

const BOUNDARY = "serves an entry until one millisecond before staleUntil and never from then on";
const METADATA = "returns the metadata that it was given";
const PRUNES = "prunes expired entries only, at most as many as told, and names them";

const ofValues: TestCase[] = mutants({
  "loses null": {
    caughtBy: "keeps 0, false, the empty string and null as hits",
    breakage: reading((entry) => (entry.value === null ? undefined : entry)),
  },
  "loses falsy values": {
    caughtBy: "keeps 0, false, the empty string and null as hits",
    breakage: reading((entry) => (entry.value ? entry : undefined)),
  },
  "turns numbers into strings": {
    caughtBy: "keeps 0, false, the empty string and null as hits",
    breakage: writing((entry) => ({
      ...entry,
      value: typeof entry.value === "number" ? String(entry.value) : entry.value,
    })),
  },
  "invents a value for a miss": {
    caughtBy: "answers undefined for a key that was never written",
    breakage: ({ right }) => ({
      getMany(keys, options) {
        const { entries } = right.getMany(keys, options);
        return { entries: entries.map((entry) => entry ?? (null as unknown as undefined)) };
      },
    }),
  },
  "answers a batch in the order of the store": {
    caughtBy: "answers a batch in the order of its keys, with the misses in place",
    breakage: ({ right }) => ({ getMany: (keys, options) => right.getMany([...keys].sort(), options) }),
  },
  "answers the hits of a batch alone": {
    caughtBy: "answers a batch in the order of its keys, with the misses in place",
    breakage: ({ right }) => ({
      getMany: (keys, options) => ({ entries: right.getMany(keys, options).entries.filter(Boolean) }),
    }),
  },
  "answers each key of a batch once": {
    caughtBy: "answers a key that comes twice in a batch twice",
    breakage: ({ right }) => ({ getMany: (keys, options) => right.getMany([...new Set(keys)], options) }),
  },
  "keeps the first of two writes in a batch": {
    caughtBy: "keeps the last of two writes to one key in a batch",
    breakage: ({ right }) => ({ setMany: (writes, now) => right.setMany([...writes].reverse(), now) }),
  },
  "throws on an empty batch": {
    caughtBy: "does nothing for an empty batch",
    breakage: ({ right }) => ({
      deleteMany(keys, now) {
        if (keys.length === 0) throw new BrokenTierError('near ")": syntax error');
        return right.deleteMany(keys, now);
      },
    }),
  },
  "fails at the batch size that it declares": {
    caughtBy: "takes a batch of exactly maxBatch",
    breakage: ({ right }) => ({
      capabilities: { sync: true, maxBatch: 100 },
      getMany(keys, options) {
        if (keys.length >= 100) throw new BrokenTierError("too many SQL variables");
        return right.getMany(keys, options);
      },
    }),
  },
  "keeps old metadata when it overwrites": {
    caughtBy: "overwrites value and metadata",
    breakage: ({ data, right }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.map((write) => ({
            ...write,
            entry: { ...write.entry, version: data.entries.get(write.key)?.version ?? write.entry.version },
          })),
          now,
        ),
    }),
  },
  "says of every key that it deleted it": {
    caughtBy: "answers for each deleted key whether it was there",
    breakage: ({ right }) => ({ deleteMany: (keys, now) => right.deleteMany(keys, now).map(() => true) }),
  },
  "hides from a read that is no use": {
    caughtBy: "answers a read that is no use like one that is",
    breakage: ({ right }) => ({
      getMany: (keys, options) => right.getMany(options.peek ? keys.map(() => "") : keys, options),
    }),
  },
  "lets callers change what it holds": {
    caughtBy: "returns what was written when the caller changes the value afterwards",
    breakage: () => ({}),
    copies: true,
  },
  "lets readers change what it holds": {
    caughtBy: "returns what was written when a reader changes what it got",
    breakage: writing((entry) => ({ ...entry, value: structuredClone(entry.value) })),
    copies: true,
  },
});

const ofTime: TestCase[] = mutants({
  "lengthens the time to live": {
    caughtBy: BOUNDARY,
    breakage: writing((entry) => ({ ...entry, staleUntil: entry.staleUntil + 1 })),
  },
  "ends the time to live early": {
    caughtBy: BOUNDARY,
    breakage: writing((entry) => ({ ...entry, staleUntil: entry.staleUntil - 1 })),
  },
  "never expires": { caughtBy: BOUNDARY, breakage: writing((entry) => ({ ...entry, staleUntil: Infinity })) },
  "knows metadata of expired entries": {
    caughtBy: BOUNDARY,
    breakage: ({ data, right }) => ({
      getMany: (keys, options) =>
        options.metaOnly ? { entries: keys.map((key) => data.entries.get(key)) } : right.getMany(keys, options),
    }),
  },
  "deletes expired entries as if they were there": {
    caughtBy: BOUNDARY,
    breakage: ({ data }) => ({ deleteMany: (keys) => keys.map((key) => data.entries.delete(key)) }),
  },
  "goes by a time of its own": {
    caughtBy: "goes by the time that the call names",
    breakage: ({ right }) => ({
      getMany: (keys, options) => right.getMany(keys, { ...options, now: 2_000_000_000_000 }),
    }),
  },
  "counts the time to live from the write": {
    caughtBy: "keeps the time at which the value was made, not at which it was written",
    breakage: ({ right }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.map(({ entry, ...write }) => ({
            ...write,
            entry: { ...entry, createdAt: now, staleUntil: now + entry.staleUntil - entry.createdAt },
          })),
          now,
        ),
    }),
  },
  "drops stale entries": {
    caughtBy: "serves an entry between freshUntil and staleUntil, with both as they were",
    breakage: ({ right }) => ({
      getMany: (keys, options) => ({
        entries: right
          .getMany(keys, options)
          .entries.map((entry) => (entry && entry.freshUntil > options.now ? entry : undefined)),
      }),
    }),
  },
  "calls stale entries fresh": {
    caughtBy: "serves an entry between freshUntil and staleUntil, with both as they were",
    breakage: writing((entry) => ({ ...entry, freshUntil: entry.staleUntil })),
  },
  "keeps Infinity as null": {
    caughtBy: "keeps entries that never end",
    breakage: writing((entry) => JSON.parse(JSON.stringify(entry)) as Entry),
  },
  "gives a batch one deadline": {
    caughtBy: "keeps deadlines apart within a batch",
    breakage: ({ data, right }) => ({
      setMany(writes, now) {
        for (const [key, entry] of data.entries)
          data.entries.set(key, { ...entry, staleUntil: writes[0]?.entry.staleUntil ?? 0 });
        return right.setMany(writes, now);
      },
    }),
  },
  "loses versions": { caughtBy: METADATA, breakage: writing((entry) => ({ ...entry, version: undefined })) },
  "loses the load time": { caughtBy: METADATA, breakage: writing((entry) => ({ ...entry, loadTime: 0 })) },
  "loses tags": { caughtBy: METADATA, breakage: reading((entry) => ({ ...entry, tags: [] })) },
  "loses the profile": { caughtBy: METADATA, breakage: writing(({ profile: _profile, ...entry }) => entry) },
  "revives expired entries by touch": {
    caughtBy: "answers for each touched key whether it was there, and revives none",
    breakage: ({ right }) => ({ touchMany: (touches) => right.touchMany(touches, 0) }),
  },
  "only lengthens by touch": {
    caughtBy: "moves a deadline nearer too",
    breakage: ({ data, right }) => ({
      touchMany: (touches, now) =>
        right.touchMany(
          touches.map((touch) => ({
            ...touch,
            staleUntil: Math.max(touch.staleUntil, data.entries.get(touch.key)?.staleUntil ?? 0),
          })),
          now,
        ),
    }),
  },
  "makes the value anew by touch": {
    caughtBy: "moves deadlines and nothing else",
    breakage: ({ data, right }) => ({
      touchMany(touches, now) {
        const answer = right.touchMany(touches, now);
        for (const { key } of touches)
          if (data.entries.has(key)) data.entries.set(key, { ...data.entries.get(key)!, createdAt: now });
        return answer;
      },
    }),
  },
  "prunes beyond the limit": {
    caughtBy: PRUNES,
    breakage: ({ right }) => ({ prune: (_limit, now) => right.prune(Infinity, now) }),
  },
  "prunes silently": {
    caughtBy: PRUNES,
    breakage: ({ right }) => ({
      prune(_limit, now) {
        right.prune(Infinity, now);
        return [];
      },
    }),
  },
  "prunes stale entries": {
    caughtBy: PRUNES,
    breakage: ({ data }) => ({
      prune(limit, now) {
        const pruned = [...data.entries]
          .filter(([, entry]) => entry.freshUntil <= now)
          .map(([key]) => key)
          .slice(0, limit);
        for (const key of pruned) data.entries.delete(key);
        return pruned;
      },
    }),
  },
});

const FAST = "answers the fast path only with fresh entries";

const ofFastPath: TestCase[] = mutants({
  "answers the fast path with whatever it has": {
    caughtBy: FAST,
    breakage: ({ data }) => ({ fresh: (key) => data.entries.get(key)?.value }),
  },
  "has a fast path that finds nothing": { caughtBy: FAST, breakage: () => ({ fresh: () => undefined }) },
  "goes on the fast path by the time of its clock alone": {
    caughtBy: "goes on the fast path by the time that the call names",
    breakage: ({ data }) => {
      let now = () => 0;
      return {
        open({ clock }) {
          now = clock.now;
        },
        fresh(key) {
          const entry = data.entries.get(key);
          return entry && entry.freshUntil > now() ? entry.value : undefined;
        },
      };
    },
  },
  "takes no notice of versions and sequences on the fast path": {
    caughtBy: "leaves entries with a version or with tags of an older sequence to the long way",
    breakage: ({ data }) => ({ fresh: (key) => data.entries.get(key)?.value }),
  },
});

export const tests: TestCase[] = [...ofValues, ...ofTime, ...ofFastPath];
