import type { Entry } from "../../../src/entry.ts";
import type { ReadOptions, Write } from "../../../src/tier.ts";
import type { TestCase } from "../../contract/mod.ts";
import type { Breakage, Whole } from "./mutant.ts";
import { mutants } from "./mutant.ts";

/** A tier that leases only keys whose entry passes, or that have none. */
const leasing =
  (passes: (entry: Entry, options: ReadOptions) => boolean) =>
  ({ data, right }: Whole): Breakage => ({
    getMany(keys, options) {
      const taken = new Map(data.leases);
      const answer = right.getMany(keys, options);
      const isGiven = (index: number) => !answer.entries[index] || passes(answer.entries[index], options);
      for (const [index, key] of keys.entries()) {
        if (isGiven(index)) continue;
        data.leases.delete(key);
        if (taken.has(key)) data.leases.set(key, taken.get(key)!);
      }
      return { ...answer, leases: answer.leases?.map((lease, index) => (isGiven(index) ? lease : undefined)) };
    },
  });

/** A tier whose writes take their lease for another. */
const writing =
  (change: (write: Write, whole: Whole) => Write) =>
  (whole: Whole): Breakage => ({
    setMany: (writes, now) =>
      whole.right.setMany(
        writes.map((write) => change(write, whole)),
        now,
      ),
  });

const STALE = "gives the lease of a stale entry, with the entry, from the moment that it is stale";
const REFRESH = "gives no lease of a fresh entry, unless it is to be refreshed";
const REVOKED = "refuses a write whose lease was revoked by a write";
const ZERO = "refuses a write under lease 0, and leaves the lease of another alone";
const BATCH = "writes the rest of a batch when some of its leases are refused, and names those";
const LATE = "takes the write of a holder that is late, while nobody took or revoked its lease";

const ofReads: TestCase[] = mutants({
  "gives a lease to everyone": {
    caughtBy: "gives the lease of a key to one reader",
    breakage: ({ right, data }) => ({
      getMany(keys, options) {
        if (options.lease !== undefined) for (const key of keys) data.leases.delete(key);
        return right.getMany(keys, options);
      },
    }),
  },
  "looks for a lease and takes it in two steps": {
    caughtBy: "gives the lease of a key to one of many readers at a time",
    breakage: ({ right, data }) => ({
      async getMany(keys, options) {
        const free = keys.filter((key) => !data.leases.has(key));
        await undefined;
        for (const key of free) data.leases.delete(key);
        return right.getMany(keys, options);
      },
    }),
  },
  "takes a lease on every read": {
    caughtBy: "takes no lease on a read that does not ask for one",
    breakage: ({ right }) => ({ getMany: (keys, options) => right.getMany(keys, { lease: 10_000, ...options }) }),
  },
  "keeps leases for ever": {
    caughtBy: "gives the key to another when the lease ran out, and refuses the first holder",
    breakage: ({ right }) => ({
      getMany: (keys, options) => right.getMany(keys, { ...options, ...(options.lease && { lease: Infinity }) }),
    }),
  },
  "looks for entries and takes leases in two steps": {
    caughtBy: "gives one lease in all to readers of a key that its holder makes fresh meanwhile",
    breakage: ({ right }) => ({
      async getMany(keys, { lease, ...options }) {
        const answer = right.getMany(keys, options);
        if (lease === undefined) return answer;
        await undefined;
        const { leases } = right.getMany(keys, { ...options, lease, refresh: true });
        return { ...answer, leases: leases?.map((taken, index) => (answer.entries[index] ? undefined : taken)) };
      },
    }),
  },
  "looks for entries and takes leases in two steps, in another process": {
    caughtBy: "gives one lease in all to openers that race for a key which its holder makes fresh meanwhile",
    breakage: ({ right }) => ({
      async getMany(keys, { lease, ...options }) {
        const answer = right.getMany(keys, options);
        if (lease === undefined) return answer;
        await undefined;
        const { leases } = right.getMany(keys, { ...options, lease, refresh: true });
        return { ...answer, leases: leases?.map((taken, index) => (answer.entries[index] ? undefined : taken)) };
      },
    }),
  },
  "gives one key to each of two openers that race": {
    caughtBy: "gives each of 50 keys that two openers race for to one of them",
    breakage: ({ right, data }) => ({
      async getMany(keys, options) {
        const free = keys.filter((key) => !data.leases.has(key)).slice(-1);
        await undefined;
        if (options.lease !== undefined) for (const key of free) data.leases.delete(key);
        return right.getMany(keys, options);
      },
    }),
  },
  "gives none of two openers that race some key": {
    caughtBy: "gives each of 50 keys that two openers race for to one of them",
    breakage: ({ right }) => ({
      getMany(keys, options) {
        const answer = right.getMany(keys, options);
        return { ...answer, leases: answer.leases?.map((lease, index) => (index === 49 ? undefined : lease)) };
      },
    }),
  },
  "leases what is missing alone": { caughtBy: STALE, breakage: leasing(() => false) },
  "leases a stale entry one millisecond late": {
    caughtBy: STALE,
    breakage: leasing(({ freshUntil }, { now }) => freshUntil < now),
  },
  "leases a stale entry one millisecond early": {
    caughtBy: STALE,
    breakage: ({ right }) => ({
      getMany: (keys, options) => {
        const { entries } = right.getMany(keys, { now: options.now });
        const refresh = entries.some((entry) => entry && entry.freshUntil <= options.now + 1);
        return right.getMany(keys, { ...options, refresh: options.refresh ?? refresh });
      },
    }),
  },
  "hides a stale entry that is leased": {
    caughtBy: STALE,
    breakage: ({ right }) => ({
      getMany(keys, options) {
        const answer = right.getMany(keys, options);
        return { ...answer, entries: answer.entries.map((entry, at) => (answer.leases?.[at] ? undefined : entry)) };
      },
    }),
  },
  "leases what time made stale, and not what an invalidation did": {
    caughtBy: "gives the lease of an entry that was invalidated, in either mode",
    breakage: leasing(({ freshUntil }) => freshUntil !== 0),
  },
  "leases fresh entries": {
    caughtBy: REFRESH,
    breakage: ({ right }) => ({ getMany: (keys, options) => right.getMany(keys, { ...options, refresh: true }) }),
  },
  "leases no fresh entry that is to be refreshed": {
    caughtBy: REFRESH,
    breakage: leasing(({ freshUntil }, { now }) => freshUntil <= now),
  },
  "leases what is to be refreshed to everyone": {
    caughtBy: REFRESH,
    breakage: ({ right, data }) => ({
      getMany(keys, options) {
        if (options.refresh) for (const key of keys) data.leases.delete(key);
        return right.getMany(keys, options);
      },
    }),
  },
  "leases no missing key that is to be refreshed": {
    caughtBy: "gives the lease of a missing key that is to be refreshed",
    breakage: ({ right }) => ({
      getMany(keys, options) {
        const answer = right.getMany(keys, options);
        if (!options.refresh) return answer;
        return { ...answer, leases: answer.leases?.map((lease, index) => (answer.entries[index] ? lease : undefined)) };
      },
    }),
  },
  "gives lease 0": {
    caughtBy: "gives the lease of a key to one reader",
    breakage: ({ right }) => ({
      getMany(keys, options) {
        const answer = right.getMany(keys, options);
        return { ...answer, leases: answer.leases?.map((lease) => lease && lease - 1) };
      },
    }),
  },
  "leaves out the leases of a batch without any": {
    caughtBy: "gives the lease of a key to one reader",
    breakage: ({ right }) => ({
      getMany(keys, options) {
        const { leases, ...answer } = right.getMany(keys, options);
        return leases?.some((lease) => lease !== undefined) ? { ...answer, leases } : answer;
      },
    }),
  },
});

const ofWrites: TestCase[] = mutants({
  "keeps the lease after the write": {
    caughtBy: "takes the write of the holder, after which the lease is gone",
    breakage: ({ right, data }) => ({
      setMany(writes, now) {
        const before = new Map(data.leases);
        const answer = right.setMany(writes, now);
        for (const [key, lease] of before) data.leases.set(key, lease);
        return answer;
      },
    }),
  },
  "takes a write under any lease": {
    caughtBy: REVOKED,
    breakage: writing(({ key, entry }) => ({ key, entry })),
  },
  "leaves the lease when it deletes": {
    caughtBy: "refuses a write whose lease was revoked by a delete",
    breakage: ({ data }) => ({ deleteMany: (keys) => keys.map((key) => data.entries.delete(key)) }),
  },
  "leaves leases when it clears": {
    caughtBy: "refuses a write whose lease was revoked by clear, and leaves the leases of neighbours",
    breakage: ({ data }) => ({
      clear(prefix) {
        for (const key of [...data.entries.keys()]) if (key.startsWith(prefix)) data.entries.delete(key);
      },
    }),
  },
  "revokes all leases when it clears some keys": {
    caughtBy: "refuses a write whose lease was revoked by clear, and leaves the leases of neighbours",
    breakage: ({ data, right }) => ({
      clear(prefix, now) {
        right.clear(prefix, now);
        data.leases.clear();
      },
    }),
  },
  "does not release": {
    caughtBy: "gives a released lease to the next and refuses who released it",
    breakage: () => ({ release() {} }),
  },
  "releases the lease of another": {
    caughtBy: "does not release the lease of another",
    breakage: ({ right }) => ({ release: (leases) => right.release(leases.map(({ key }) => ({ key }))) }),
  },
  "releases only what is named": {
    caughtBy: "revokes whatever lease a key has when release names none",
    breakage: ({ right }) => ({
      release: (leases) => right.release(leases.filter(({ lease }) => lease !== undefined)),
    }),
  },
  "does not name what it refuses": {
    caughtBy: REVOKED,
    breakage: ({ right }) => ({ setMany: (writes, now) => ({ sequence: right.setMany(writes, now).sequence }) }),
  },
  "stores what it names as refused": {
    caughtBy: REVOKED,
    breakage: ({ data, right }) => ({
      setMany(writes, now) {
        const answer = right.setMany(writes, now);
        for (const { key, entry } of writes) if (answer.refused?.includes(key)) data.entries.set(key, entry);
        return answer;
      },
    }),
  },
  "names what it stores": {
    caughtBy: "takes the write of the holder, after which the lease is gone",
    breakage: ({ right }) => ({
      setMany: (writes, now) => ({
        ...right.setMany(writes, now),
        refused: writes.filter(({ lease }) => lease !== undefined).map(({ key }) => key),
      }),
    }),
  },
  "leaves the lease when it writes": {
    caughtBy: REVOKED,
    breakage: ({ right, data }) => ({
      setMany(writes, now) {
        const before = new Map(data.leases);
        const answer = right.setMany(writes, now);
        for (const { key, lease } of writes)
          if (lease === undefined && before.has(key)) data.leases.set(key, before.get(key)!);
        return answer;
      },
    }),
  },
  "refuses a write without a lease while another holds one": {
    caughtBy: "takes a write without a lease, whoever holds one",
    breakage: ({ right, data }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.filter(({ key, lease }) => lease !== undefined || !data.leases.has(key)),
          now,
        ),
    }),
  },
  "takes lease 0 for no lease": {
    caughtBy: ZERO,
    breakage: writing(({ lease, ...write }) => ({ ...write, ...(lease && { lease }) })),
  },
  "takes lease 0 for any lease": {
    caughtBy: ZERO,
    breakage: writing(({ lease, ...write }, { data }) => ({
      ...write,
      lease: lease === 0 ? data.leases.get(write.key)?.id : lease,
    })),
  },
  "revokes a lease by a write under lease 0": {
    caughtBy: ZERO,
    breakage: ({ right, data }) => ({
      setMany(writes, now) {
        const answer = right.setMany(writes, now);
        for (const { key, lease } of writes) if (lease === 0) data.leases.delete(key);
        return answer;
      },
    }),
  },
  "takes the lease of any key for the lease of each": {
    caughtBy: "refuses a write under the lease of another key",
    breakage: writing(({ lease, ...write }, { data }) => ({
      ...write,
      lease: [...data.leases.values()].some(({ id }) => id === lease) ? data.leases.get(write.key)?.id : lease,
    })),
  },
  "revokes the lease of another by a write that it refuses": {
    caughtBy: "gives the key to another when the lease ran out, and refuses the first holder",
    breakage: ({ right, data }) => ({
      setMany(writes, now) {
        const answer = right.setMany(writes, now);
        for (const key of answer.refused ?? []) data.leases.delete(key);
        return answer;
      },
    }),
  },
  "refuses a holder that is late": {
    caughtBy: LATE,
    breakage: ({ right, data }) => ({
      setMany(writes, now) {
        for (const [key, { until }] of [...data.leases]) if (until <= now) data.leases.delete(key);
        return right.setMany(writes, now);
      },
    }),
  },
  "takes any write of a holder that is late": {
    caughtBy: "refuses a write whose lease was revoked after it ran out",
    breakage: ({ right, data }) => {
      const given = new Map<string, { id: number; until: number }>();
      return {
        getMany(keys, options) {
          const answer = right.getMany(keys, options);
          for (const key of keys) if (data.leases.has(key)) given.set(key, data.leases.get(key)!);
          return answer;
        },
        setMany: (writes, now) =>
          right.setMany(
            writes.map((write) =>
              write.lease === given.get(write.key)?.id && given.get(write.key)!.until <= now
                ? { ...write, lease: undefined }
                : write,
            ),
            now,
          ),
      };
    },
  },
  "refuses the batch for one lease": {
    caughtBy: BATCH,
    breakage: ({ right, data }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.every(({ key, lease }) => lease === undefined || data.leases.get(key)?.id === lease) ? writes : [],
          now,
        ),
    }),
  },
  "names the whole batch for one lease that it refuses": {
    caughtBy: BATCH,
    breakage: ({ right }) => ({
      setMany(writes, now) {
        const answer = right.setMany(writes, now);
        return answer.refused?.length ? { ...answer, refused: writes.map(({ key }) => key) } : answer;
      },
    }),
  },
  "names the first that it refuses": {
    caughtBy: BATCH,
    breakage: ({ right }) => ({
      setMany(writes, now) {
        const { sequence, refused = [] } = right.setMany(writes, now);
        return { sequence, refused: refused.slice(0, 1) };
      },
    }),
  },
});

export const tests: TestCase[] = [...ofReads, ...ofWrites];
