import type { TestCase } from "../../contract/mod.ts";
import { mutants } from "./mutant.ts";

export const tests: TestCase[] = mutants({
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
    caughtBy: "refuses a write whose lease was revoked by a write",
    breakage: ({ right }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.map(({ key, entry }) => ({ key, entry })),
          now,
        ),
    }),
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
  "refuses the batch for one lease": {
    caughtBy: "writes the rest of a batch when one lease is refused",
    breakage: ({ right, data }) => ({
      setMany: (writes, now) =>
        right.setMany(
          writes.every(({ key, lease }) => lease === undefined || data.leases.get(key)?.id === lease) ? writes : [],
          now,
        ),
    }),
  },
});
