/**
 * The contract for the journal: it tells each opener what the others changed, once it is there, and never of less.
 *
 * @module
 */
import { equal, ok, same } from "../assert.ts";
import { look, missing, position, tells, tellsInvalidation } from "./changes.ts";
import { invalidate } from "./sequences.ts";
import type { ContractTest, Handle, Subject } from "./subject.ts";
import { contract, numbered } from "./subject.ts";

const FIELDS = {
  keys: ["by", "keys"],
  prefix: ["by", "prefix"],
  tags: ["by", "match", "mode", "sequence", "tags"],
} as const;

/** What one opener does, and the key of which another must be told. */
const CHANGES: Readonly<Record<string, (other: Handle, subject: Subject) => unknown>> = {
  "a write": (other) => other.put("k", 1),
  "a write over an entry": (other) => other.put("k", 2),
  "a touch, or a write where there is none": (other, { now, ttl }) => {
    const until = { freshUntil: now() + 2 * ttl, staleUntil: now() + 2 * ttl };
    return other.tier.touchMany?.([{ key: "k", ...until }], now()) ?? other.put("k", 3);
  },
  "a delete": (other) => other.remove("k"),
  "a delete of what is not there": (other) => other.remove("k"),
  "the clear of a prefix": (other, { now }) => other.tier.clear("k", now()),
  "the clear of a prefix that no entry has": (other, { now }) => other.tier.clear("k", now()),
  "the clear of everything": (other, { now }) => other.tier.clear("", now()),
};

const ofOneself: ContractTest[] = contract(["journal"], {
  "tells where the journal stands, and of no change, when no position is named": async (subject) => {
    const { tier, put, now } = subject;
    const first = await position(subject);
    await put("k", 1);
    await tier.clear("", now());
    const second = await position(subject);
    ok(second >= first, "a position must not go back");
    equal((await look(subject, second)).changes, []);
  },
  "tells no opener of its own changes": async (subject) => {
    const { tier, put, putAll, remove, now, capabilities } = subject;
    const start = await position(subject);
    await put("k", 1);
    await putAll({ a: 1, b: 2 });
    await remove("a", "no");
    await tier.touchMany?.([{ key: "b", freshUntil: Infinity, staleUntil: Infinity }], now());
    await tier.clear("k", now());
    if (capabilities.tags) await invalidate(subject, ["t"]);
    equal((await look(subject, start)).changes, []);
  },
});

const ofOthers: ContractTest[] = contract(["journal", "reopen"], {
  "tells of each change of another opener: write, touch, delete, clear": async (subject) => {
    const other = await subject.second();
    let since = await position(subject);
    for (const [what, change] of Object.entries(CHANGES)) {
      await change(other, subject);
      const page = await look(subject, since);
      ok(tells(page.changes, "k"), `${what} must be told`);
      since = page.position;
    }
  },
  "tells of every key of a batch that another opener wrote, touched or deleted": async (subject) => {
    const { tier, now, ttl } = subject;
    const other = await subject.second();
    const keys = numbered("k", Math.min(20, tier.capabilities.maxBatch ?? Infinity));
    const touches = keys.map((key) => ({ key, freshUntil: now() + ttl, staleUntil: now() + ttl }));
    for (const change of [
      () => other.putAll(new Map(keys.map((key) => [key, 1]))),
      ...(tier.touchMany ? [() => other.tier.touchMany!(touches, now())] : []),
      () => other.remove(...keys),
    ]) {
      const since = await position(subject);
      await change();
      equal(missing((await look(subject, since)).changes, keys), []);
    }
  },
  "tells each opener of what the others changed, and of nothing of its own": async (subject) => {
    const openers = [subject, await subject.second(), await subject.second()];
    const start = await Promise.all(openers.map(position));
    for (const [index, opener] of openers.entries()) await opener.put(`by ${index}`, index);
    for (const [index, opener] of openers.entries()) {
      const { changes } = await look(opener, start[index]!);
      equal(
        openers.map((_, by) => tells(changes, `by ${by}`)),
        openers.map((_, by) => by !== index),
        `what opener ${index} is told`,
      );
    }
  },
  "tells of a change once, from the position that it gave, and again from the one before": async (subject) => {
    const other = await subject.second();
    const start = await position(subject);
    await other.put("first", 1);
    const first = await look(subject, start);
    ok(first.position > start, "a change must move the position");
    equal((await look(subject, first.position)).changes, [], "nothing was changed since");
    await other.put("second", 1);
    await subject.put("own", 1);
    const second = await look(subject, first.position);
    equal([tells(second.changes, "first"), tells(second.changes, "second")], [false, true]);
    equal((await look(subject, second.position)).changes, [], "nothing was changed since");
    // The answer before may have been lost on its way.
    const again = await look(subject, start);
    equal(missing(again.changes, ["first", "second"]), []);
    same(again.position, second.position);
  },
  "does not tell of reads": async (subject) => {
    const other = await subject.second();
    await other.put("k", 1);
    const since = await position(subject);
    await other.read(["k", "no"]);
    await other.read(["k"], { metaOnly: true });
    if (subject.capabilities.keys) await other.scan();
    equal((await look(subject, since)).changes, []);
  },
  "tells keys, prefixes and tags, and nothing else": async (subject) => {
    const { tier, now, capabilities } = subject;
    const other = await subject.second();
    const since = await position(subject);
    await other.put("k", "secret value", { tags: ["t"], version: "secret version", profile: "secret profile" });
    await tier.clear("k", now());
    await other.tier.clear("k", now());
    if (capabilities.tags) await invalidate({ ...subject, ...other }, ["t"]);
    const { changes } = await look(subject, since);
    for (const change of changes) equal(Object.keys(change).sort(), FIELDS[change.by]);
    ok(!JSON.stringify(changes).includes("secret"), "a change must not hold values");
  },
  "tells of odd keys and prefixes as they are": async (subject) => {
    const other = await subject.second();
    const since = await position(subject);
    const odd = ["%", "a\u0301", "'", '"', "\\", "[1]", "😀", "\u{10ffff}", "\n", "__proto__", "key with, comma"];
    await other.putAll(new Map(odd.map((key) => [key, 1])));
    for (const prefix of odd) await other.tier.clear(`${prefix}:`, subject.now());
    const { changes } = await look(subject, since);
    equal(missing(changes, odd), []);
    equal(
      missing(
        changes,
        odd.map((prefix) => `${prefix}:and more`),
      ),
      [],
    );
  },
});

const ofTags: ContractTest[] = contract(["journal", "tags", "reopen"], {
  "tells of another opener's invalidations as they were, with their sequence": async (subject) => {
    const other = await subject.second();
    let since = await position(subject);
    for (const match of ["any", "all", "exact"] as const) {
      for (const mode of ["delete", "expire"] as const) {
        const invalidation = { tags: ["y", "x, and more"], match, mode, now: subject.now(), after: 0 };
        const sequence = await other.tier.invalidate!(invalidation);
        const page = await look(subject, since);
        ok(tellsInvalidation(page.changes, invalidation, sequence), `${match} in mode ${mode} must be told`);
        since = page.position;
      }
    }
  },
  "knows the sequence of its position, whoever raised it": async (subject) => {
    const other = await subject.second();
    const start = await position(subject);
    for (const opener of [other, subject, other]) {
      const raised = await invalidate({ ...subject, ...opener }, ["t"]);
      for (const { sequence } of [await look(subject, start), await subject.tier.journal!()]) {
        ok(sequence >= raised, "the sequence must not be from before the last invalidation");
        ok(sequence <= (await subject.sequence()), "the sequence must be one that there was");
      }
    }
  },
});

const ofLeases: ContractTest[] = contract(["journal", "leases", "reopen"], {
  "tells of writes under a lease, and not of leases and of writes that are refused": async (subject) => {
    const { entry } = subject;
    const other = await subject.second();
    let since = await position(subject);
    const lease = await other.lease("k");
    const lost = await other.lease("lost");
    await other.tier.release!([{ key: "lost", lease: lost! }]);
    await other.tier.release!([{ key: "lost" }]);
    equal((await look(subject, since)).changes, [], "a lease changes no entry");
    const writes = [
      { key: "k", entry: entry(1), lease },
      { key: "lost", entry: entry(1), lease: lost },
    ];
    equal((await other.write(writes)).refused, ["lost"]);
    const page = await look(subject, since);
    equal([tells(page.changes, "k"), tells(page.changes, "lost")], [true, false]);
    since = page.position;
    equal((await other.write([{ key: "k", entry: entry(2), lease }])).refused, ["k"]);
    equal((await look(subject, since)).changes, [], "nothing was changed");
  },
});

const bounds: ContractTest[] = [
  ...contract(["journal", "reopen"], {
    "does not take a position that it never gave for one after which nothing was changed": async (subject) => {
      const other = await subject.second();
      await other.put("k", 1);
      const latest = await position(subject);
      for (const nowhere of [latest + 1, latest + 1_000_000, Number.MAX_SAFE_INTEGER]) {
        const page = await subject.tier.journal!(nowhere);
        ok(page.changes === undefined || tells(page.changes, "k"), "what was changed is not known");
        await other.put("k", 2);
        ok(tells((await look(subject, page.position)).changes, "k"), "the position then given must be a good one");
      }
    },
  }),
  ...contract(["journal", "reopen", "flood"], {
    "says so when it has forgotten changes, and goes on from there": async (subject) => {
      const other = await subject.second();
      const [own, since] = [await position(other), await position(subject)];
      await other.put("k", 1);
      await subject.given.flood!();
      const page = await subject.tier.journal!(since);
      same(page.changes, undefined, "what was changed is not known any more");
      same((await other.tier.journal!(own)).changes, undefined, "nor is it known to the other");
      ok(page.position > since, "the position must be after what was forgotten");
      equal((await look(subject, page.position)).changes, [], "nothing was changed since");
      await other.put("k", 2);
      ok(tells((await look(subject, page.position)).changes, "k"), "what is changed from then on must be told");
    },
  }),
];

/** Tests of the capability `journal`. */
export const journal: ContractTest[] = [...ofOneself, ...ofOthers, ...ofTags, ...ofLeases, ...bounds];
