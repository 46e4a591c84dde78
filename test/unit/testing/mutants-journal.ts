import type { Change, SyncTier } from "../../../src/tier.ts";
import type { TestCase } from "../../contract/mod.ts";
import { settle } from "../../contract/mod.ts";
import type { Breakage, Whole } from "./mutant.ts";
import { mutants } from "./mutant.ts";

/** A tier that keeps what one operation did out of the journal. */
const silent =
  (operation: keyof SyncTier, when: (answer: unknown) => boolean = () => true) =>
  ({ data, right }: Whole): Breakage => ({
    [operation](...args: never[]) {
      const before = data.position;
      const answer = (right[operation] as (...args: never[]) => unknown)(...args);
      if (data.position > before && when(answer)) {
        data.journal.pop();
        data.position -= 1;
      }
      return answer;
    },
  });

/** A tier that tells of other changes than there were. */
const telling =
  (change: (change: Change) => Change) =>
  ({ right }: Whole): Breakage => ({
    journal(since) {
      const page = right.journal(since);
      return { ...page, changes: page.changes?.map(change) };
    },
  });

/** A tier that tells of a change which is none. */
function invent({ data }: Whole, keys: readonly string[]): void {
  data.position += 1;
  data.journal.push({ position: data.position, origin: {}, change: { by: "keys", keys } });
}

const OTHERS = "tells of each change of another opener: write, touch, delete, clear";
const BATCH = "tells of every key of a batch that another opener wrote, touched or deleted";
const ONCE = "tells of a change once, from the position that it gave, and again from the one before";
const READS = "does not tell of reads";
const FORGOTTEN = "says so when it has forgotten changes, and goes on from there";
const NOWHERE = "does not take a position that it never gave for one after which nothing was changed";
const TAGS = "tells of another opener's invalidations as they were, with their sequence";
const SEQUENCE = "knows the sequence of its position, whoever raised it";
const LEASES = "tells of writes under a lease, and not of leases and of writes that are refused";

const ofChanges: TestCase[] = mutants({
  "forgets writes": { caughtBy: OTHERS, breakage: silent("setMany") },
  "forgets touches": { caughtBy: OTHERS, breakage: silent("touchMany") },
  "forgets deletes": { caughtBy: OTHERS, breakage: silent("deleteMany") },
  "forgets deletes of what is not there": {
    caughtBy: OTHERS,
    breakage: silent("deleteMany", (existed) => !(existed as boolean[]).includes(true)),
  },
  "forgets clears": { caughtBy: OTHERS, breakage: silent("clear") },
  "tells of a clear the keys that it had": {
    caughtBy: OTHERS,
    breakage: ({ data, right }) => ({
      clear(prefix, now) {
        const keys = [...data.entries.keys()].filter((key) => key.startsWith(prefix));
        right.clear(prefix, now);
        data.journal.push({ ...data.journal.pop()!, change: { by: "keys", keys } });
      },
    }),
  },
  "tells of the first key of a batch": {
    caughtBy: BATCH,
    breakage: telling((change) => (change.by === "keys" ? { ...change, keys: change.keys.slice(0, 1) } : change)),
  },
  "tells of the first key that a batch touches": {
    caughtBy: BATCH,
    breakage: ({ right }) => ({
      touchMany: (touches, now) =>
        touches.flatMap((touch, index) => right.touchMany([touch], index === 0 ? now : Infinity)),
    }),
  },
  "joins keys by commas": {
    caughtBy: "tells of odd keys and prefixes as they are",
    breakage: telling((change) =>
      change.by === "keys" ? { ...change, keys: change.keys.join(",").split(",") } : change,
    ),
  },
  "normalises prefixes": {
    caughtBy: "tells of odd keys and prefixes as they are",
    breakage: telling((change) =>
      change.by === "prefix" ? { ...change, prefix: change.prefix.normalize("NFC") } : change,
    ),
  },
  "tells values too": {
    caughtBy: "tells keys, prefixes and tags, and nothing else",
    breakage: ({ data, right }) => ({
      setMany(writes, now) {
        const answer = right.setMany(writes, now);
        const record = data.journal.pop()!;
        const change = { ...record.change, values: writes.map(({ entry }) => entry.value) };
        data.journal.push({ ...record, change });
        return answer;
      },
    }),
  },
  "tells openers of their own changes": {
    caughtBy: "tells no opener of its own changes",
    breakage: ({ data, right }) => ({
      journal(since) {
        const page = right.journal(since);
        if (!page.changes || since === undefined) return page;
        return { ...page, changes: data.journal.filter((one) => one.position > since).map(({ change }) => change) };
      },
    }),
  },
  "takes all openers of a process for one": {
    caughtBy: "tells each opener of what the others changed, and of nothing of its own",
    breakage: ({ right }) => ({ journal: (since) => ({ ...right.journal(since), changes: [] }) }),
  },
  "tells of reads": {
    caughtBy: READS,
    breakage: (whole) => ({
      getMany(keys, options) {
        invent(whole, keys);
        return whole.right.getMany(keys, options);
      },
    }),
  },
});

const ofPositions: TestCase[] = mutants({
  "tells of all changes when no position is named": {
    caughtBy: READS,
    breakage: ({ right }) => ({ journal: (since = 0) => right.journal(since) }),
  },
  "knows nothing when no position is named": {
    caughtBy: "tells where the journal stands, and of no change, when no position is named",
    breakage: ({ right }) => ({
      journal: (since) => ({ ...right.journal(since), ...(since === undefined && { changes: undefined }) }),
    }),
  },
  "tells of the last change twice": {
    caughtBy: ONCE,
    breakage: ({ right }) => ({
      journal: (since) => right.journal(since === undefined ? undefined : Math.max(0, since - 1)),
    }),
  },
  "never moves its position": {
    caughtBy: ONCE,
    breakage: ({ right }) => ({ journal: (since) => ({ ...right.journal(since), position: 0 }) }),
  },
  "keeps in mind how far an opener has looked": {
    caughtBy: ONCE,
    breakage: ({ right }) => {
      let last = 0;
      return {
        journal(since) {
          const page = right.journal(since === undefined ? undefined : Math.max(since, last));
          last = page.position;
          return page;
        },
      };
    },
  },
  "tells of nothing while its store was not changed since the last look": {
    caughtBy: ONCE,
    breakage: ({ data, right }) => {
      let last = -1;
      return {
        journal(since) {
          const page = right.journal(since);
          const isSame = data.position === last;
          last = data.position;
          return isSame ? { ...page, changes: [] } : page;
        },
      };
    },
  },
  "tells of nothing where it has forgotten changes": {
    caughtBy: FORGOTTEN,
    breakage: ({ right }) => ({
      journal(since) {
        const page = right.journal(since);
        return { ...page, changes: page.changes ?? [] };
      },
    }),
  },
  "knows nothing ever after it has forgotten changes": {
    caughtBy: FORGOTTEN,
    breakage: ({ right }) => {
      let isLost = false;
      return {
        journal(since) {
          const page = right.journal(since);
          isLost ||= page.changes === undefined;
          return isLost ? { ...page, changes: undefined } : page;
        },
      };
    },
  },
  "stays at a position that it has forgotten": {
    caughtBy: FORGOTTEN,
    breakage: ({ right }) => ({
      journal(since) {
        const page = right.journal(since);
        return page.changes || since === undefined ? page : { ...page, position: since };
      },
    }),
  },
  "forgets for others alone": {
    caughtBy: FORGOTTEN,
    breakage: ({ data, right }) => {
      let wrote = false;
      return {
        setMany(writes, now) {
          wrote = true;
          return right.setMany(writes, now);
        },
        journal(since) {
          const page = right.journal(since);
          return wrote && since! <= data.position ? { ...page, changes: page.changes ?? [] } : page;
        },
      };
    },
  },
  "takes a position from nowhere for one at the end": {
    caughtBy: NOWHERE,
    breakage: ({ data, right }) => ({
      journal: (since) => right.journal(since === undefined ? undefined : Math.min(since, data.position)),
    }),
  },
  "stays at a position from nowhere": {
    caughtBy: NOWHERE,
    breakage: ({ data, right }) => ({
      journal: (since) =>
        since !== undefined && since > data.position
          ? { ...right.journal(), changes: undefined, position: since }
          : right.journal(since),
    }),
  },
});

const ofRaces: TestCase[] = mutants({
  "tells of a write before it is there": {
    caughtBy: "tells of a write only once a read shows it",
    breakage: (whole) => ({
      async setMany(writes, now) {
        invent(
          whole,
          writes.map(({ key }) => key),
        );
        await settle();
        const answer = whole.right.setMany(writes, now);
        whole.data.journal.pop();
        whole.data.position -= 1;
        return answer;
      },
    }),
  },
  "tells of a write some time after it is done": {
    caughtBy: "tells of a write only once a read shows it",
    breakage: ({ data, right }) => ({
      setMany(writes, now) {
        const answer = right.setMany(writes, now);
        const record = data.journal.pop()!;
        data.position -= 1;
        const later = async () => {
          await settle();
          await settle();
          await settle();
          data.position += 1;
          data.journal.push({ ...record, position: data.position });
        };
        void later();
        return answer;
      },
    }),
  },
  "gives positions away before the changes are there": {
    caughtBy: "loses none of many changes that two openers make while a third looks again and again",
    breakage: ({ data, right }) => ({
      async setMany(writes, now) {
        const answer = right.setMany(writes, now);
        const record = data.journal.pop()!;
        data.journal.push({ ...record, change: { by: "keys", keys: [] } });
        await settle();
        data.journal[data.journal.findIndex(({ position }) => position === record.position)] = record;
        return answer;
      },
    }),
  },
});

const ofInvalidations: TestCase[] = mutants({
  "forgets invalidations": { caughtBy: TAGS, breakage: silent("invalidate") },
  "tells of every invalidation as of a deletion": {
    caughtBy: TAGS,
    breakage: telling((change) => (change.by === "tags" ? { ...change, mode: "delete" } : change)),
  },
  "tells of every invalidation as of one by any tag": {
    caughtBy: TAGS,
    breakage: telling((change) => (change.by === "tags" ? { ...change, match: "any" } : change)),
  },
  "tells of the first tag": {
    caughtBy: TAGS,
    breakage: telling((change) => (change.by === "tags" ? { ...change, tags: change.tags.slice(0, 1) } : change)),
  },
  "tells of invalidations without their sequence": {
    caughtBy: TAGS,
    breakage: telling((change) => (change.by === "tags" ? { ...change, sequence: 0 } : change)),
  },
  "tells of invalidations with the sequence before": {
    caughtBy: TAGS,
    breakage: telling((change) => (change.by === "tags" ? { ...change, sequence: change.sequence - 1 } : change)),
  },
  "knows the sequence of what it tells alone": {
    caughtBy: SEQUENCE,
    breakage: ({ right }) => ({
      journal(since) {
        const page = right.journal(since);
        const told = page.changes?.map((change) => (change.by === "tags" ? change.sequence : 0)) ?? [];
        return { ...page, sequence: Math.max(0, ...told) };
      },
    }),
  },
  "knows the sequence of its own invalidations alone": {
    caughtBy: SEQUENCE,
    breakage: ({ right }) => {
      let own = 0;
      return {
        invalidate(invalidation) {
          own = right.invalidate(invalidation);
          return own;
        },
        journal: (since) => ({ ...right.journal(since), sequence: own }),
      };
    },
  },
  "knows a sequence that is still to come": {
    caughtBy: SEQUENCE,
    breakage: ({ right }) => ({
      journal(since) {
        const page = right.journal(since);
        return { ...page, sequence: page.sequence + 1 };
      },
    }),
  },
});

const ofLeases: TestCase[] = mutants({
  "tells of leases": {
    caughtBy: LEASES,
    breakage: (whole) => ({
      getMany(keys, options) {
        if (options.lease !== undefined) invent(whole, keys);
        return whole.right.getMany(keys, options);
      },
    }),
  },
  "tells of leases that are given back": {
    caughtBy: LEASES,
    breakage: (whole) => ({
      release(leases) {
        invent(
          whole,
          leases.map(({ key }) => key),
        );
        whole.right.release(leases);
      },
    }),
  },
  "tells of writes that it refused beside others": {
    caughtBy: LEASES,
    breakage: (whole) => ({
      setMany(writes, now) {
        const answer = whole.right.setMany(writes, now);
        if (answer.refused && answer.refused.length < writes.length) invent(whole, answer.refused);
        return answer;
      },
    }),
  },
  "tells of writes that it refused all": {
    caughtBy: LEASES,
    breakage: (whole) => ({
      setMany(writes, now) {
        const answer = whole.right.setMany(writes, now);
        if (answer.refused?.length === writes.length) invent(whole, answer.refused);
        return answer;
      },
    }),
  },
  "forgets writes under a lease": {
    caughtBy: LEASES,
    breakage: ({ data, right }) => ({
      setMany(writes, now) {
        const isLeased = writes.some(({ lease }) => lease !== undefined);
        const before = data.position;
        const answer = right.setMany(writes, now);
        if (isLeased && data.position > before) {
          data.journal.pop();
          data.position -= 1;
        }
        return answer;
      },
    }),
  },
});

export const tests: TestCase[] = [...ofChanges, ...ofPositions, ...ofRaces, ...ofInvalidations, ...ofLeases];
