/** Writes and invalidations that the script does in short, before all else, where everything is as it mostly is. */
import { after, before, test } from "node:test";
import { equal, ok, same } from "../contract/assert.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { type OpenTier, openTier, openWire, prefixes, reason, type Wire } from "./redis-fixture.ts";

let server: RedisServer;
let wire: Wire;

before(async () => {
  if (reason) return;
  server = await startRedis();
  wire = await openWire(server);
});

after(async () => {
  wire?.close();
  await server?.stop();
});

/** Two openers of one cache, of which the first has written an entry `a` with tag `t`, and both know the epoch. */
async function on(run: (one: OpenTier, other: OpenTier) => Promise<void>): Promise<void> {
  const prefix = prefixes();
  const one = await openTier(server.url, { prefix });
  const other = await openTier(server.url, { prefix }, { clock: one.clock });
  try {
    await one.put("a", "v", { tags: ["t"] });
    equal(await other.values("a"), ["v"]);
    await run(one, other);
  } finally {
    await one.tier.close!();
    await other.tier.close!();
  }
}

const text = (reply: unknown) => Buffer.from(reply as Uint8Array).toString();
const ledger = async ({ base }: OpenTier, field: string) => text(await wire.send("HGET", `${base}/ledger`, field));

const changes: Record<string, (one: OpenTier) => Promise<unknown>> = {
  "a write": (one) => one.put("k", "new"),
  "a write with tags": (one) => one.put("k", "new", { tags: ["t"] }),
  "an invalidation": (one) => one.invalidate("t"),
};

for (const [what, change] of Object.entries(changes)) {
  test(`${what} of who knows an epoch that is over belongs to the one that there is`, { skip: reason }, () =>
    on(async (one) => {
      const epoch = "x".repeat(19);
      await wire.send("HSET", `${one.base}/ledger`, "epoch", epoch);
      await change(one);
      same(await ledger(one, "epoch"), epoch);
      if (what !== "an invalidation") equal(await one.values("k", "a"), ["new", undefined]);
      ok(Number(await ledger(one, "start")) > 0, "what was known of the old epoch must be below all of this one");
      ok((await one.sequence()) >= Number(await ledger(one, "start")), "also for who changes something");
    }),
  );

  test(`${what} finds out that the store was put back`, { skip: reason }, () =>
    on(async (one) => {
      const [epoch, position] = [await ledger(one, "epoch"), Number(await ledger(one, "position"))];
      await wire.send("HSET", `${one.base}/ledger`, "position", String(position - 1));
      await change(one);
      ok((await ledger(one, "epoch")) !== epoch, "there must be a new epoch");
      ok(Number(await ledger(one, "position")) > position, "positions must not come twice");
      equal(await one.values("a"), [undefined]);
    }),
  );

  test(`${what} puts up with a journal of another type, and is in it`, { skip: reason }, () =>
    on(async (one, other) => {
      const { position } = await other.tier.journal!();
      await wire.send("SET", `${one.base}/journal`, "somebody else's");
      await change(one);
      const page = await other.tier.journal!(position);
      same(page.changes?.length, 1);
      same(page.position, position + 1);
    }),
  );
}

for (const what of ["a write", "a write with tags"]) {
  test(`${what} finds out that the index is gone`, { skip: reason }, () =>
    on(async (one) => {
      await wire.send("DEL", `${one.base}/index`);
      await changes[what]!(one);
      equal(await one.values("k", "a"), ["new", undefined]);
      same(await one.tier.size!("", one.clock.now()), 1);
    }),
  );

  test(`${what} puts up with leases of another type`, { skip: reason }, () =>
    on(async (one) => {
      await wire.send("SET", `${one.base}/leases`, "somebody else's");
      await changes[what]!(one);
      equal(await one.values("k"), ["new"]);
      equal(await one.put("k", "newer", {}, 5), ["k"], "nobody has a lease");
    }),
  );
}

test("what comes too late by a rule, or from before the epoch, takes no room", { skip: reason }, () =>
  on(async (one) => {
    const { tier, clock } = one;
    const sequence = await one.sequence();
    const rule = { tags: ["t", "u"], match: "all", mode: "delete", after: 0 } as const;
    await one.put("b", "v", { tags: ["t", "u"] });
    await tier.invalidate!({ ...rule, now: clock.now() });
    await one.put("late", "v", { tags: ["t", "u"], sequence });
    await one.put("other", "v", { tags: ["t"], sequence });
    same(await wire.send("EXISTS", `${one.base}:late`), 0);
    equal(await one.values("late", "other"), [undefined, "v"]);
    await wire.send("HSET", `${one.base}/ledger`, "start", String(sequence + 1));
    await one.put("older", "v", { tags: ["t"], sequence });
    same(await wire.send("EXISTS", `${one.base}:older`), 0);
  }),
);

test("the record of a tag that is invalidated stays for loads that are under way", { skip: reason }, () =>
  on(async (one) => {
    await one.clock.advance("2d");
    await one.invalidate("t");
    same(Number((await ledger(one, "t:t")).split(" ")[2]), one.clock.now());
  }),
);

test("a lease is given for what is over in other ways than by its age", { skip: reason }, () =>
  on(async (one, other) => {
    await one.put("fresh", "v");
    await one.put("ahead", "v", { createdAt: one.clock.now() + 120_000 });
    same(await one.lease("fresh"), undefined);
    ok((await one.lease("ahead"))! > 0, "one from the future");
    await wire.send("HSET", `${one.base}/ledger`, "epoch", "x".repeat(19));
    await one.put("k", "v");
    ok((await one.lease("fresh"))! > 0, "one of another epoch");
    same(await other.lease("fresh"), undefined, "that somebody else has a lease on");
  }),
);

test("leases that nobody comes back for are bounded, taken one by one too", { skip: reason }, () =>
  on(async (one) => {
    for (let index = 0; index < 600; index++) {
      await one.tier.getMany([`l${index}`], { now: one.clock.now(), lease: 1_000 });
      if (index % 20 === 0) await one.clock.advance("2m");
    }
    const length = (await wire.send("HLEN", `${one.base}/leases`)) as number;
    ok(length < 300, `600 leases: ${length}`);
  }),
);
