import type { Entry } from "../../../src/entry.ts";
import { ValueError } from "../../../src/errors.ts";
import type { SyncTier } from "../../../src/tier.ts";
import type { TestCase } from "../../contract/mod.ts";
import { settle } from "../../contract/mod.ts";
import { BrokenTierError, mutants } from "./mutant.ts";

const CAPABILITIES = "offers the operations of the capabilities that it declares";
const REFUSES = "refuses values that no bytes stand for, before anything is changed";
const SYNC = "reads, writes and deletes synchronously what the other face sees";
const REOPENS = "keeps entries with their metadata when it is closed and opened again";

const ofFaces: TestCase[] = mutants({
  "declares keys and cannot list them": { caughtBy: CAPABILITIES, breakage: () => ({ scan: undefined as never }) },
  "declares tags and cannot invalidate": {
    caughtBy: CAPABILITIES,
    breakage: () => ({ capabilities: { tags: true }, sync: undefined as never, invalidate: undefined as never }),
  },
  "declares a journal and has none": {
    caughtBy: CAPABILITIES,
    breakage: () => ({ capabilities: { journal: true }, sync: undefined as never, journal: undefined as never }),
  },
  "declares a synchronous face and has none": {
    caughtBy: CAPABILITIES,
    breakage: () => ({ sync: undefined as never }),
  },
  "answers with a promise from its synchronous face": {
    caughtBy: SYNC,
    breakage: ({ right }) => ({
      sync: { ...right, setMany: (async () => ({ sequence: 0 })) as unknown as SyncTier["setMany"] },
    }),
  },
  "has two stores behind its two faces": {
    caughtBy: SYNC,
    breakage: ({ right }) => {
      const other = new Map<string, Entry>();
      return {
        sync: {
          ...right,
          setMany(writes) {
            for (const { key, entry } of writes) other.set(key, entry);
            return { sequence: 0 };
          },
          getMany: (keys) => ({ entries: keys.map((key) => other.get(key)) }),
        },
      };
    },
  },
  "expires on one face only": {
    caughtBy: "answers reads on both faces alike",
    breakage: ({ data, right }) => ({
      sync: { ...right, getMany: (keys) => ({ entries: keys.map((key) => data.entries.get(key)) }) },
    }),
  },
  "has a journal of its own for its synchronous face": {
    caughtBy: "looks into one journal from both faces",
    breakage: ({ right }) => ({
      sync: { ...right, journal: () => ({ ...right.journal(), changes: [] }) },
    }),
  },
  "keeps leases for its synchronous face alone": {
    caughtBy: "keeps leases across both faces",
    breakage: ({ right }) => ({
      getMany(keys, { lease, ...options }) {
        const answer = right.getMany(keys, options);
        return lease === undefined ? answer : { ...answer, leases: keys.map((_, index) => index + 1) };
      },
      sync: right,
    }),
  },
  "does not name what it refuses on its synchronous face": {
    caughtBy: "keeps leases across both faces",
    breakage: ({ right }) => ({
      sync: {
        ...right,
        setMany: (writes, now) => ({ sequence: right.setMany(writes, now).sequence }),
      },
    }),
  },
  "prepares synchronous writes with a promise": {
    caughtBy: SYNC,
    breakage: () => ({ prepare: async (writes) => writes }),
  },
  "accepts what it cannot keep": {
    caughtBy: REFUSES,
    breakage: () => ({ prepare: (writes) => JSON.parse(JSON.stringify(writes)) as typeof writes }),
  },
  "refuses with an error without a type": {
    caughtBy: REFUSES,
    breakage: () => ({
      prepare(writes) {
        return writes.map(({ entry, ...write }) => ({
          ...write,
          entry: { ...entry, value: structuredClone(entry.value) },
        }));
      },
    }),
  },
  "refuses after it changed something": {
    caughtBy: REFUSES,
    breakage: ({ right }) => ({
      prepare(writes) {
        right.setMany(
          writes.filter(({ entry }) => typeof entry.value === "number"),
          0,
        );
        if (writes.some(({ entry }) => typeof entry.value === "function"))
          throw new ValueError("Cannot store the value as it must be data");
        return writes;
      },
    }),
  },
  "reports faults where there are none": {
    caughtBy: "keeps nested values",
    breakage: () => ({ open: ({ report }) => report("fault", new Error("disk full")) }),
  },
});

const ofSharing: TestCase[] = mutants({
  "loses one of two writes at a time": {
    caughtBy: "keeps everything that 100 parallel writes bring",
    breakage: ({ data, right }) => ({
      async setMany(writes, now) {
        const before = new Map(data.entries);
        await undefined;
        data.entries.clear();
        for (const [key, entry] of before) data.entries.set(key, entry);
        return right.setMany(writes, now);
      },
    }),
  },
  "throws when it is busy": {
    caughtBy: "never throws, tears or invents a value when reads race writes and deletes",
    breakage: ({ right }) => {
      let writing = 0;
      return {
        async setMany(writes, now) {
          writing += 1;
          await settle();
          writing -= 1;
          return right.setMany(writes, now);
        },
        getMany(keys, options) {
          if (writing > 0) throw new BrokenTierError("database is locked");
          return right.getMany(keys, options);
        },
      };
    },
  },
  "shows half of a value": {
    caughtBy: "never throws, tears or invents a value when reads race writes and deletes",
    breakage: ({ right }) => ({
      async setMany(writes, now) {
        right.setMany(
          writes.map(({ entry, ...write }) => ({
            ...write,
            entry: { ...entry, value: { ...(entry.value as object), text: "" } },
          })),
          now,
        );
        await settle();
        return right.setMany(writes, now);
      },
    }),
  },
  "loses everything when it is closed": {
    caughtBy: REOPENS,
    breakage: ({ data }) => ({ close: () => data.entries.clear() }),
  },
  "revives what was deleted when it is opened again": {
    caughtBy: REOPENS,
    breakage: ({ data, right }) => {
      const deleted = new Map<string, Entry>();
      return {
        deleteMany(keys, now) {
          for (const key of keys) deleted.set(key, data.entries.get(key)!);
          return right.deleteMany(keys, now);
        },
        close() {
          for (const [key, entry] of deleted) data.entries.set(key, entry);
        },
      };
    },
  },
  "throws when it is closed twice": {
    caughtBy: "closes twice without harm",
    breakage: () => {
      let closed = false;
      return {
        close() {
          if (closed) throw new BrokenTierError("database is not open");
          closed = true;
        },
      };
    },
  },
  "forgets the sequence when it is closed": {
    caughtBy: "keeps sequences and invalidations when it is closed and opened again",
    breakage: ({ data }) => ({
      close() {
        data.sequence = 0;
      },
    }),
  },
  "has a copy of its own before a shared store": {
    caughtBy: "shows what one opener wrote, deleted and cleared to another",
    breakage: ({ right }) => {
      const copies = new Map<string, Entry>();
      return {
        getMany(keys, options) {
          const { entries } = right.getMany(keys, options);
          return {
            entries: keys.map(
              (key, index) => copies.get(key) ?? (entries[index] && copies.set(key, entries[index]).get(key)),
            ),
          };
        },
      };
    },
  },
  "counts sequences for itself alone": {
    caughtBy: "shows the invalidations of one opener to another, in one sequence",
    breakage: ({ right }) => {
      let own = 0;
      return {
        invalidate(invalidation) {
          right.invalidate(invalidation);
          own = Math.max(own + 1, invalidation.now);
          return own;
        },
      };
    },
  },
  "keeps leases for itself alone": {
    caughtBy: "gives the lease of a key to one opener, and lets another revoke it",
    breakage: ({ right }) => {
      let last = 0;
      return {
        getMany(keys, { lease, ...options }) {
          const answer = right.getMany(keys, options);
          return lease === undefined ? answer : { ...answer, leases: keys.map(() => (last += 1)) };
        },
      };
    },
  },
});

export const tests: TestCase[] = [...ofFaces, ...ofSharing];
