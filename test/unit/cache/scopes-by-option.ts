import type { Cache } from "../../../mod.ts";
import { createCache } from "../../../mod.ts";
import { equal, rejects, same, throws } from "../../contract/mod.ts";
import { SCOPES, type Scoped, scoped } from "./scopes.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, gather, unwanted } from "./tools.ts";

type Verb = (...args: unknown[]) => unknown;
type Choice = Record<string, unknown>;

/** Where the options of each verb are among its arguments. */
const PLACES: Readonly<Record<string, number>> = {
  get: 1,
  getEntry: 1,
  getMany: 1,
  set: 2,
  setMany: 1,
  has: 1,
  delete: 1,
  deleteMany: 1,
  getOrSet: 2,
  getOrSetMany: 2,
  touch: 1,
  keys: 0,
  entries: 0,
  meta: 1,
  metas: 0,
  size: 0,
  invalidateTags: 1,
  invalidatePattern: 1,
  invalidateScope: 2,
  clear: 0,
  prune: 0,
  evict: 1,
  evictAll: 0,
  explain: 1,
};

/** What makes sense before the options. */
const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  getMany: [["k"]],
  set: ["k", 1],
  setMany: [[{ key: "k", value: 1 }]],
  deleteMany: [["k"]],
  getOrSet: ["k", unwanted],
  getOrSetMany: [["k"], unwanted],
  invalidateTags: ["t"],
  invalidatePattern: ["*"],
  invalidateScope: ["user", { orgId: "acme", userId: 1 }],
};

const ADA = { scope: "user", ids: { orgId: "acme", userId: 1 } } as const;

/** A face of a cache whose every call has these options too. */
function always(face: object, choice: Choice): Cache {
  const verbs = face as Record<string, Verb>;
  return Object.fromEntries(
    Object.entries(PLACES).map(([name, at]) => [
      name,
      (...args: unknown[]) => {
        const all = Array.from({ length: at }, (_, i) => args[i]);
        return verbs[name]!(...all, { ...(args[at] as object), ...choice }, ...args.slice(at + 1));
      },
    ]),
  ) as unknown as Cache;
}

/** Every verb of a face, called with these options: what it answers, an iterator by its first item. */
function everyVerb(face: object, choice: unknown): [name: string, run: () => Promise<unknown>][] {
  const verbs = face as Record<string, Verb>;
  return Object.entries(PLACES)
    .filter(([name]) => verbs[name])
    .map(([name, at]) => {
      const args = ARGUMENTS[name] ?? ["k"].slice(0, at);
      const options = name === "touch" ? { ttl: 1, ...(choice as object) } : choice;
      return [
        name,
        async () => {
          const answer = await verbs[name]!(...args, options);
          return name === "entries" || name === "metas" ? (answer as AsyncGenerator).next() : answer;
        },
      ];
    });
}

/** What a view, or what stands for one, answers to each of its verbs. */
async function work(view: Cache): Promise<unknown[]> {
  const answers: unknown[] = [];
  const told = async (answer: unknown): Promise<void> => {
    const known = await answer;
    answers.push(known instanceof Map ? [...known] : known);
  };
  await told(view.set("k", "own", { ttl: "1m", tags: ["t"] }));
  await told(
    view.setMany(
      [
        { key: "l", value: 1 },
        { key: ["m", 1], value: 2, ttl: "2m" },
      ],
      { ttl: "1h" },
    ),
  );
  await told(view.get("k"));
  await told(view.get("nothing", { default: 5 }));
  await told(view.getEntry("k"));
  await told(view.getMany(["k", "l", "nothing"]));
  await told(view.getOrSet("k", unwanted));
  await told(view.getOrSet("loaded", () => "loaded", { ttl: "5m" }));
  await told(view.getOrSetMany(["k", "many"], (keys) => keys.map((key) => `loaded ${key}`)));
  await told(view.has("k"));
  await told(view.has("of the root"));
  await told(view.touch("k", { ttl: "3m" }));
  await told(view.meta("k"));
  await told(view.explain("k"));
  await told(view.keys({ pattern: "l*" }));
  await told(view.size());
  answers.push(await gather(view.entries({ pattern: "l" })), await gather(view.metas({ pattern: "l" })));
  await told(view.evict("l"));
  await told(view.delete("many"));
  await told(view.deleteMany(["loaded", "nothing", "of the root"]));
  await told(view.invalidateTags("t"));
  await told(view.get("k"));
  await told(view.set("pattern", 1));
  await told(view.invalidatePattern("pat*"));
  await told(view.set("k", "tagged", { tags: ["u"] }));
  await told(view.clear({ tags: "u" }));
  await told(view.keys());
  await told(view.set("k", "last"));
  await told(view.evictAll());
  await told(view.clear());
  await told(view.size());
  await told(view.set("k", "kept"));
  return answers;
}

export const scopesByOption: StackSuite = stackSuite("scopes by option", {
  "every verb answers as on the view of the scope, which it is counted for, and touches nothing else": async (open) => {
    const places: [of: (cache: Scoped) => Cache, at: (cache: Scoped) => Cache, choice: Choice][] = [
      [(cache) => cache, (cache) => cache.scope("user", ADA.ids), ADA],
      [(cache) => cache, (cache) => cache.scope("user", ADA.ids), { ...ADA, scope: "organization.user" }],
      [
        (cache) => cache.scope("organization", { orgId: "acme" }),
        (cache) => cache.scope("user", ADA.ids),
        { scope: "user", ids: { userId: 1 } },
      ],
      [(cache) => cache.scope("user", ADA.ids), (cache) => cache.scope("user", ADA.ids), { scope: "user", ids: {} }],
      [(cache) => cache.namespace("n"), (cache) => cache.namespace("n").scope("user", ADA.ids), ADA],
      [
        (cache) => cache.scope("region", { region: "x" }).namespace("n"),
        (cache) => cache.scope("region", { region: "x" }).namespace("n").scope("region", { region: "y" }),
        { scope: "region", ids: { region: "y" } },
      ],
      [
        (cache) => cache.scope("organization", { orgId: "acme" }, { inherit: "all" }),
        (cache) => cache.scope("user", ADA.ids),
        { scope: "user", ids: { userId: 1n } },
      ],
    ];
    for (const [of, at, choice] of places) {
      const all = [false, true].map(async (isByOption) => {
        const { cache } = scoped(open);
        const others = [
          cache,
          cache.scope("organization", { orgId: "acme" }),
          cache.scope("user", { orgId: 1, userId: 1 }),
        ];
        for (const other of others) {
          await other.set("k", "other");
          await other.set("of the root", 1);
        }
        const view = at(cache);
        const answers = await work(isByOption ? always(of(cache), choice) : view);
        const { hits, misses, sets, deletes, loads } = view.stats();
        equal(await view.keys(), ["k"]);
        for (const other of others) {
          equal(
            await other.getMany(["k", "of the root"]),
            new Map<string, unknown>([
              ["k", "other"],
              ["of the root", 1],
            ]),
          );
          equal([other.stats().deletes === 0 || other === cache, (await other.keys()).length], [true, 2]);
        }
        return { answers, hits, misses, sets, deletes, loads, all: cache.stats().sets };
      });
      const [byView, byOption] = await Promise.all(all);
      equal(
        byOption,
        byView,
        JSON.stringify(choice, (_, id) => (typeof id === "bigint" ? `${id}` : id)),
      );
    }
  },
  "a hit is never of another scope, whatever path it takes": async (open) => {
    const { cache } = scoped(open);
    await cache.set("k", "root");
    await cache.scope("user", { orgId: "acme", userId: 2 }).set("k", "bob");
    for (const face of [cache, always(cache, {})]) {
      same(await face.get("k", ADA as never), undefined);
      equal(await face.getMany(["k"], ADA as never), new Map());
      same(await face.getEntry("k", ADA as never), undefined);
    }
    same(await cache.getOrSet("k", () => "ada", ADA), "ada");
    same(await cache.getOrSet("k", unwanted, ADA), "ada");
    equal(await cache.getOrSetMany(["k"], unwanted, ADA), new Map([["k", "ada"]]));
    equal(
      await cache.getOrSetMany(["k", "l"], () => ["l"], { ...ADA, ids: { orgId: "acme", userId: 3 } }),
      new Map([["k", "l"]]),
    );
    same(await cache.get("k"), "root");
    same(await cache.getOrSet("k", unwanted), "root");
    equal(await cache.getMany(["k"]), new Map([["k", "root"]]));
    same(await cache.get("k", { ...ADA, ids: { orgId: "acme", userId: 2 } }), "bob");
    same(await cache.has("k", { scope: "region", ids: { region: "acme" } }), false);
    await cache.invalidateScope("organization", { orgId: "acme" });
    same(await cache.get("k", ADA), undefined);
    same(await cache.get("k"), "root");
  },
  "a load is shared with those who ask the view, and a refresh in the background is of the scope": async (open) => {
    const { cache, clock } = scoped(open, { ttl: "1m", swr: "1h" });
    const view = cache.scope("user", ADA.ids);
    const gate = deferred<string>();
    const callers = [
      cache.getOrSet("k", () => gate.promise, ADA),
      view.getOrSet("k", unwanted),
      cache.getOrSet("k", unwanted, ADA),
      view.getOrSet("k", unwanted, { scope: "user", ids: {} } as never),
    ];
    await clock.settle();
    gate.resolve("one");
    equal(await Promise.all(callers), ["one", "one", "one", "one"]);
    await clock.advance("2m");
    same(await cache.getOrSet("k", () => "two", ADA), "one");
    await clock.settle();
    same(await view.get("k"), "two");
    same(await cache.size(), 0);
    same(await view.size(), 1);
  },
  "what is no scope is refused by every verb, and nothing is done": async (open) => {
    const { cache } = scoped(open);
    await cache.set("k", "root");
    const wrong: [choice: unknown, code: string][] = [
      [{ scope: "usr", ids: {} }, "CONFIG"],
      [{ scope: null, ids: {} }, "CONFIG"],
      [{ scope: 5, ids: {} }, "CONFIG"],
      [{ ids: { orgId: "acme" } }, "CONFIG"],
      [{ ids: null }, "CONFIG"],
      [{ scope: "user" }, "KEY"],
      [{ scope: "user", ids: null }, "KEY"],
      [{ scope: "user", ids: { userId: 1 } }, "KEY"],
      [{ scope: "user", ids: { orgId: "", userId: 1 } }, "KEY"],
      [{ scope: "user", ids: { orgId: undefined, userId: 1 } }, "KEY"],
      [{ scope: "organization", ids: { orgId: 1, userId: 1 } }, "KEY"],
    ];
    for (const [choice, code] of wrong) {
      const { scope, ids } = choice as { scope: never; ids: never };
      const expected = throws(() => cache.scope(scope, ids), code).message;
      for (const [name, run] of everyVerb(cache, choice)) {
        const { message } = await rejects(run, code);
        same(message, expected, name);
      }
    }
    const acme = cache.scope("organization", { orgId: "acme" });
    const outside = { scope: "user", ids: { orgId: "other", userId: 1 } };
    for (const [, run] of everyVerb(acme, outside)) await rejects(run, "KEY");
    for (const [, run] of everyVerb(acme, { scope: "region", ids: { region: "x" } })) await rejects(run, "CONFIG");
    const plain = open().cache;
    for (const [, run] of everyVerb(plain, ADA)) await rejects(run, "CONFIG");
    for (const item of [
      { key: "l", value: 1, ...ADA },
      { key: "l", value: 1, scope: "user" },
      { key: "l", value: 1, scope: null },
      { key: "l", value: 1, ids: ADA.ids },
    ])
      await rejects(cache.setMany([item as never]), "CONFIG");
    await cache.setMany([{ key: "l", value: 1, scope: undefined, ids: undefined } as never], { ...ADA, ids: ADA.ids });
    equal([await cache.get("k"), await cache.size(), await acme.size()], ["root", 1, 0]);
    same(await cache.scope("user", ADA.ids).get("l"), 1);
    same(await cache.get("k", { scope: undefined, ids: undefined } as object), "root");
  },
  "a closed cache refuses by that, whatever the scope": async (open) => {
    const { cache, clock } = scoped(open);
    const closed = cache.close();
    await clock.advance("10s");
    await closed;
    for (const choice of [ADA, { scope: "usr" }])
      for (const [, run] of everyVerb(cache, choice)) await rejects(run, "CLOSED");
  },
  "the synchronous face does the same": async (_, { name }) => {
    if (name !== "memory") return;
    const { sync } = createCache({ scopes: SCOPES });
    sync.set("k", "root");
    same(
      sync.getOrSet("k", () => "ada", ADA),
      "ada",
    );
    same(sync.getOrSet("k", unwanted, ADA), "ada");
    equal(
      sync.getOrSetMany(["k", "l"], (keys) => keys.map((key) => `loaded ${key}`), ADA),
      new Map([
        ["k", "ada"],
        ["l", "loaded l"],
      ]),
    );
    equal([sync.get("k", ADA), sync.get("k"), sync.get("l")], ["ada", "root", undefined]);
    for (const [, run] of everyVerb(sync, { scope: "user", ids: { orgId: 1 } })) await rejects(run, "KEY");
  },
});
