/**
 * A process that works on a SQLite file until it is told to stop or killed. The first argument is what to do, the second
 * the file, the third a number that tells it from its siblings. Prints one line per fact that it was acknowledged.
 */
import { writeSync } from "node:fs";
import { sqliteStore } from "../../adapters/sql/file-tier.ts";
import { fakeClock } from "../contract/fake-clock.ts";
import { context, files, write } from "./sql-fixture.ts";

const [task, path, id] = process.argv.slice(-3) as [string, string, string];
const now = 2_000_000_000_000;
const say = (line: string) => writeSync(1, `${line}\n`);

function open(options = {}) {
  const store = sqliteStore("sqlite", files, { path, ...options });
  store.open!(context(fakeClock(now)));
  return store;
}

/** Opens the file at the moment that its siblings do. */
async function create(): Promise<void> {
  await told();
  const store = open({ busyTimeout: "60s" });
  await store.setMany([write(`k${id}`)], now);
  store.close!();
  say("done");
}

/** Writes for ever, in groups and one by one, and says each key that was acknowledged. */
async function writeForever(): Promise<void> {
  const store = open();
  for (let group = 0; ; group++) {
    const keys = Array.from({ length: 50 }, (_, index) => `k${group}-${index}`);
    await Promise.all(
      keys.map(async (key) => {
        await store.setMany([write(key, `value of ${key}`, { tags: ["t"] })], now);
        say(key);
      }),
    );
    const single = `k${group}-single`;
    store.sync.setMany([write(single, `value of ${single}`)], now);
    say(single);
  }
}

/** Writes entries and invalidates, while its siblings do the same. */
async function share(): Promise<void> {
  const store = open({ busyTimeout: "60s" });
  for (let index = 0; index < 200; index++) {
    await store.setMany([write(`k${id}-${index}`, `value of ${index}`, { tags: [`own${id}`] })], now);
    if (index % 10 === 0)
      say(String(await store.invalidate!({ tags: ["common"], match: "any", mode: "delete", now, after: 0 })));
    if (index % 25 === 0) store.sync.setMany([write(`s${id}-${index}`)], now);
  }
  store.close!();
}

/** Changes all sorts of things once it is told to. */
async function change(): Promise<void> {
  const store = open();
  await told();
  await Promise.all([
    store.setMany([write("a"), write("b")], now),
    store.deleteMany(["c"], now),
    store.clear("p:", now),
    store.invalidate!({ tags: ["t"], match: "all", mode: "expire", now, after: 0 }),
  ]);
  store.close!();
  say("done");
}

/** Asks for the lease of each of 200 keys, some by some, and says which it got. */
async function race(): Promise<void> {
  const store = open({ busyTimeout: "60s" });
  await told();
  const keys = Array.from({ length: 200 }, (_, index) => `k${index}`);
  if (Number(id) % 2) keys.reverse();
  for (let at = 0; at < keys.length; at += 8) {
    const some = keys.slice(at, at + 8);
    // On both faces, one by one and as a batch.
    const { leases } = store.sync.getMany(some.slice(0, 2), { now, lease: 10_000 });
    const { leases: batch } = await store.getMany(some.slice(2, 5), { now, lease: 10_000 });
    const single = await Promise.all(some.slice(5).map(async (key) => store.getMany([key], { now, lease: 10_000 })));
    const all = [...leases!, ...batch!, ...single.map((answer) => answer.leases![0])];
    for (const [index, lease] of all.entries()) if (lease !== undefined) say(`${some[index]} ${lease}`);
  }
  store.close!();
}

/** Takes a lease and keeps it until it is killed. */
async function hold(): Promise<void> {
  const { leases } = await open().getMany(["k"], { now, lease: 10_000 });
  say(String(leases![0]));
  setInterval(() => {}, 1_000_000);
  await new Promise(() => {});
}

/** Opens a file that may only be read. */
async function readOnlyFile(): Promise<void> {
  const store = open();
  const { entries } = await store.getMany(["k"], { now });
  say(entries[0] ? "read" : "missed");
  const refused = await Promise.resolve(store.setMany([write("k", "new")], now)).then(
    () => "written",
    (error) => (error instanceof Error ? error.message : "?"),
  );
  say(refused);
  const again = await store.getMany(["k"], { now });
  say(new TextDecoder().decode(again.entries[0]?.value));
}

/** Opens what it may not write. */
function openRefused(): void {
  try {
    open();
    say("opened");
  } catch (error) {
    say(String((error as { code?: unknown }).code));
  }
}

async function told(): Promise<void> {
  say("ready");
  for await (const _ of process.stdin) return;
}

const tasks: Record<string, () => unknown> = {
  create,
  writeForever,
  share,
  change,
  race,
  hold,
  readOnlyFile,
  openRefused,
};
await tasks[task]!();
// Standard input keeps some runtimes alive.
process.exit(0);
