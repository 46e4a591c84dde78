/**
 * The contract for what leases and the journal are there for: others that do something at the same time.
 *
 * @module
 */
import type { Entry } from "../../../src/entry.ts";
import type { Change } from "../../../src/tier.ts";
import { equal, ok, same } from "../assert.ts";
import { settle } from "../settle.ts";
import { look, missing, position, tells } from "./changes.ts";
import type { ContractTest, Handle } from "./subject.ts";
import { contract, numbered } from "./subject.ts";

/**
 * Readers that each read a key with a lease again and again; whoever is given it writes. They begin one after another,
 * so that some are half-way when another writes. Answers how many leases were given in all.
 */
async function loads(handles: readonly Handle[], key: string, entry: Entry): Promise<number> {
  let given = 0;
  const read = async (handle: Handle, start: number): Promise<void> => {
    for (let wait = 0; wait < start; wait++) await undefined;
    for (let round = 0; round < 5; round++) {
      const lease = await handle.lease(key);
      if (lease === undefined) continue;
      given += 1;
      await handle.write([{ key, entry, lease }]);
    }
  };
  await Promise.all(Array.from({ length: 30 }, (_, index) => read(handles[index % handles.length]!, index)));
  return given;
}

/** Does `step` again and again while `task` runs, and once more after that. */
async function meanwhile(task: Promise<unknown>, step: (isLast: boolean) => Promise<void>): Promise<void> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  task.then(done, done);
  for (let isLast = false; !isLast; ) {
    isLast = isDone;
    await step(isLast);
    await settle();
  }
  await task;
}

const ofReaders: ContractTest[] = contract(["leases"], {
  "gives one lease in all to readers of a key that its holder makes fresh meanwhile": async (subject) => {
    same(
      await loads([subject], "k", subject.entry(1)),
      1,
      "what is fresh and what is leased must be found in one step",
    );
  },
});

const ofOpeners: ContractTest[] = contract(["shared", "leases", "reopen"], {
  "gives each of 50 keys that two openers race for to one of them": async (subject) => {
    const other = await subject.second();
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    const answers = await Promise.all([subject, other, subject, other].map((handle) => handle.leaseAll(keys)));
    for (const [index, key] of keys.entries()) {
      const given = answers.map((leases) => leases[index]).filter((lease) => lease !== undefined);
      same(given.length, 1, `holders of the lease of ${key}`);
    }
  },
  "gives one lease in all to openers that race for a key which its holder makes fresh meanwhile": async (subject) => {
    const other = await subject.second();
    for (const key of ["a", "b", "c"]) same(await loads([subject, other], key, subject.entry(1)), 1, key);
  },
});

const ofJournal: ContractTest[] = contract(["journal", "reopen"], {
  "tells of a write only once a read shows it": async (subject) => {
    const other = await subject.second();
    for (let round = 0; round < 5; round++) {
      const since = await position(subject);
      // A reader that drops the old value too early fills itself with it again, and is never told another time.
      await meanwhile(other.put("k", round), async (isLast) => {
        const { changes } = await look(subject, since);
        if (tells(changes, "k")) equal(await subject.values("k"), [round], "what is told must be there");
        else ok(!isLast, "what is written must be told");
      });
    }
  },
  "loses none of many changes that two openers make while a third looks again and again": async (subject) => {
    const writers = [await subject.second(), await subject.second()];
    const keys = numbered("k", 60);
    const changes: Change[] = [];
    let since = await position(subject);
    const writing = Promise.all(keys.map((key, index) => writers[index % 2]!.put(key, index)));
    await meanwhile(writing, async () => {
      const page = await look(subject, since);
      ok(page.position >= since, "a position must not go back");
      since = page.position;
      changes.push(...page.changes);
    });
    equal(missing(changes, keys), []);
  },
});

/** Tests of races over leases and the journal. */
export const races: ContractTest[] = [...ofReaders, ...ofOpeners, ...ofJournal];
