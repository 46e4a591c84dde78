/**
 * The contract for what a tier says of itself: capabilities, the synchronous face, and refusal before any change.
 *
 * @module
 */
import { TiercelError } from "../../../src/errors.ts";
import type { SyncTier } from "../../../src/tier.ts";
import { equal, ok, rejects, same } from "../assert.ts";
import { seededRandom } from "../seeded-random.ts";
import { tells } from "./changes.ts";
import type { ContractTest, Subject } from "./subject.ts";
import { contract, isThenable } from "./subject.ts";

const OPTIONAL = {
  keys: ["scan", "size"],
  tags: ["invalidate"],
  journal: ["journal"],
  leases: ["release"],
} as const;

/** Values that no bytes stand for. */
const UNSTORABLE: Readonly<Record<string, unknown>> = {
  "a function": () => 1,
  "a symbol": Symbol("s"),
  "a promise": Promise.resolve(1),
  "a function in an object": { nested: { method() {} } },
  "a symbol in a list": [1, Symbol("s")],
};

// Above this a value that is too large takes longer to make than the test is worth.
const MOST_BYTES = 4 * 2 ** 20;

async function refusal({ tier, entry }: Subject, value: unknown): Promise<string> {
  const writes = [
    { key: "good", entry: entry(1) },
    { key: "bad", entry: entry(value) },
  ];
  const error = await rejects(async () => tier.prepare!(writes), TiercelError);
  return (error as TiercelError).code;
}

/** What the synchronous face answers to `call`, which must not be a promise. */
function now<T>({ tier }: Subject, call: (sync: SyncTier) => T): T {
  const answer = call(tier.sync!);
  ok(!isThenable(answer), "the synchronous face must not answer with a promise");
  return answer;
}

/** Tests of capabilities, `sync` and `prepare`. */
export const faces: ContractTest[] = [
  ...contract([], {
    "offers the operations of the capabilities that it declares": ({ tier, capabilities }) => {
      ok(tier.name.length > 0, "a tier must have a name");
      same(tier.sync !== undefined, capabilities.sync === true, "sync must be there if and only if declared");
      for (const face of [tier, tier.sync]) {
        if (!face) continue;
        for (const [capability, operations] of Object.entries(OPTIONAL) as [
          keyof typeof OPTIONAL,
          readonly (keyof SyncTier)[],
        ][]) {
          if (!capabilities[capability]) continue;
          for (const operation of operations)
            same(typeof face[operation], "function", `${capability} needs ${operation}`);
        }
      }
      for (const limit of ["maxBatch", "maxKeyBytes", "maxValueBytes"] as const) {
        ok((capabilities[limit] ?? Infinity) >= 1, `${limit} must be at least 1`);
      }
    },
  }),
  ...contract(["sync"], {
    "offers on the synchronous face what it offers on the other": ({ tier }) => {
      for (const operation of ["touchMany", "prune", "scan", "size", "invalidate", "journal", "release"] as const) {
        same(typeof tier.sync![operation], typeof tier[operation], operation);
      }
    },
    "reads, writes and deletes synchronously what the other face sees": async (subject) => {
      const { tier, entry, values, put, capabilities } = subject;
      const time = subject.now();
      const writes = [
        { key: "a", entry: entry({ v: 1 }) },
        { key: "b", entry: entry(null) },
      ];
      const prepared = tier.prepare ? tier.prepare(writes) : writes;
      ok(!isThenable(prepared), "prepare of a synchronous tier must not answer with a promise");
      same(typeof now(subject, (sync) => sync.setMany(prepared as typeof writes, time)).sequence, "number");
      equal(await values("a", "b", "no"), [{ v: 1 }, null, undefined]);
      await put("c", 3);
      const { entries } = now(subject, (sync) => sync.getMany(["c", "no", "a"], { now: time }));
      equal(
        entries.map((found) => found?.value),
        [3, undefined, { v: 1 }],
      );
      if (capabilities.keys) {
        equal([...now(subject, (sync) => sync.scan!({ prefix: "", limit: 100, now: time })).keys].sort(), [
          "a",
          "b",
          "c",
        ]);
        same(
          now(subject, (sync) => sync.size!("", time)),
          3,
        );
      }
      equal(
        now(subject, (sync) => sync.deleteMany(["a", "no"], time)),
        [true, false],
      );
      now(subject, (sync) => sync.clear("b", time));
      equal(await values("a", "b", "c"), [undefined, undefined, 3]);
    },
    "answers reads on both faces alike": async (subject) => {
      const { tier, put, clock, ttl } = subject;
      await put("expired", 1);
      await put("stale", 1, { grace: ttl });
      await put("live", { v: 1 }, { ttl: 2 * ttl, tags: ["t"], version: "1" });
      await clock.advance(ttl);
      const keys = ["live", "expired", "no", "stale"];
      for (const options of [
        { now: subject.now() },
        { now: subject.now(), metaOnly: true },
        { now: subject.now() + ttl },
      ]) {
        equal(
          now(subject, (sync) => sync.getMany(keys, options)),
          await tier.getMany(keys, options),
        );
      }
    },
    "expires, touches and prunes synchronously": async (subject) => {
      const { tier, put, clock, ttl } = subject;
      await put("k", 1);
      await put("touched", 1);
      const until = { freshUntil: subject.now() + 2 * ttl, staleUntil: subject.now() + 2 * ttl };
      const touched = tier.touchMany !== undefined;
      if (touched)
        equal(
          now(subject, (sync) => sync.touchMany!([{ key: "touched", ...until }], subject.now())),
          [true],
        );
      clock.stepWall(ttl);
      const { entries } = now(subject, (sync) => sync.getMany(["k", "touched"], { now: subject.now() }));
      equal(
        entries.map((found) => found !== undefined),
        [false, touched],
      );
      if (tier.prune)
        ok(
          !now(subject, (sync) => sync.prune!(10, subject.now())).includes(touched ? "touched" : ""),
          "live entries stay",
        );
    },
  }),
  ...contract(["sync", "tags"], {
    "invalidates synchronously": async (subject) => {
      const { put, values } = subject;
      await put("k", 1, { tags: ["t"] });
      const time = subject.now();
      const deleted = now(subject, (sync) =>
        sync.invalidate!({ tags: ["t"], match: "any", mode: "delete", now: time, after: 0 }),
      );
      same(now(subject, (sync) => sync.getMany(["k"], { now: time, sequence: true })).sequence, deleted);
      equal(await values("k"), [undefined]);
    },
  }),
  ...contract(["sync", "leases"], {
    "keeps leases across both faces": async (subject) => {
      const { leases } = now(subject, (sync) => sync.getMany(["k"], { now: subject.now(), lease: 10_000 }));
      same(typeof leases?.[0], "number");
      same(await subject.lease("k"), undefined);
      now(subject, (sync) => sync.release!([{ key: "k", lease: leases![0]! }]));
      const lease = await subject.lease("k");
      same(typeof lease, "number");
      await subject.remove("k");
      const late = [{ key: "k", entry: subject.entry("late"), lease }];
      const prepared = (subject.tier.prepare ? subject.tier.prepare(late) : late) as typeof late;
      equal(now(subject, (sync) => sync.setMany(prepared, subject.now())).refused, ["k"]);
    },
  }),
  ...contract(["sync", "journal", "reopen"], {
    "looks into one journal from both faces": async (subject) => {
      const other = await subject.second();
      const start = now(subject, (sync) => sync.journal!());
      equal(start, await subject.tier.journal!());
      await other.put("k", 1);
      await subject.put("own", 1);
      const page = now(subject, (sync) => sync.journal!(start.position));
      equal(page, await subject.tier.journal!(start.position));
      equal([tells(page.changes ?? [], "k"), tells(page.changes ?? [], "own")], [true, false]);
    },
  }),
  ...contract(["prepare", "copies"], {
    "refuses values that no bytes stand for, before anything is changed": async (subject) => {
      const { putAll, values } = subject;
      await putAll({ bad: "before" });
      for (const [what, value] of Object.entries(UNSTORABLE)) {
        const code = await refusal(subject, value);
        ok(code === "VALUE" || code === "CODEC", `${what} must be refused with VALUE or CODEC: received ${code}`);
        equal(await values("good", "bad"), [undefined, "before"], what);
      }
    },
    "refuses a value above maxValueBytes, before anything is changed": async (subject) => {
      const { capabilities, values } = subject;
      const limit = capabilities.maxValueBytes ?? Infinity;
      if (limit > MOST_BYTES) return;
      // Random letters, as a store may compress.
      const random = seededRandom(1);
      const text = Array.from({ length: 2 * limit }, () => String.fromCharCode(33 + Math.floor(random() * 94))).join(
        "",
      );
      same(await refusal(subject, text), "TIER_LIMIT");
      equal(await values("good", "bad"), [undefined, undefined]);
    },
  }),
];
