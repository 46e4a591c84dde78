import { createCache, defineScopes, type StandardSchema } from "../../../mod.ts";
import { hotKeys } from "../../../src/observe/mod.ts";
import { fakeClock } from "../../contract/fake-clock.ts";
import { equal, same, suite, type TestCase } from "../../contract/mod.ts";
import { deferred } from "./tools.ts";

/** Takes any value, one turn later. */
const later: StandardSchema<unknown> = {
  "~standard": { version: 1, vendor: "test", validate: async (value: unknown) => ({ value }) },
};

async function filled() {
  const cache = createCache({ clock: fakeClock() });
  await cache.setMany([
    { key: "a", value: "of a" },
    { key: "b", value: "of b" },
  ]);
  return cache;
}

export const tests: TestCase[] = suite("arguments that the caller changes while a call is on its way", {
  "a list of keys: each value stays under the key that it is of": async () => {
    const cache = await filled();
    const keys = ["a", "b"];
    const read = cache.getMany(keys, { schema: later });
    keys.reverse();
    equal(
      [...(await read)],
      [
        ["a", "of a"],
        ["b", "of b"],
      ],
    );
    const batch = ["a", "c"];
    const loaded = cache.getOrSetMany(batch, (missing) => missing.map((key) => `loaded ${key}`), { schema: later });
    batch.length = 0;
    batch.push("z");
    equal(
      [...(await loaded)],
      [
        ["a", "of a"],
        ["c", "loaded c"],
      ],
    );
    equal((await cache.keys()).sort(), ["a", "b", "c"]);
  },
  "a list of keys of a scope that looks in its parents": async () => {
    const scopes = defineScopes({ org: { param: "o", children: { user: { param: "u" } } } });
    const org = createCache({ clock: fakeClock(), scopes }).scope("org", { o: 1 });
    await org.set("a", "of the parent");
    const user = org.scope("user", { u: 2 }, { inherit: true });
    const keys = ["a", "b"];
    const read = user.getOrSetMany(keys, (missing) => missing.map((key) => `loaded ${key}`), { schema: later });
    keys.length = 0;
    keys.push("z");
    equal(
      [...(await read)],
      [
        ["a", "of the parent"],
        ["b", "loaded b"],
      ],
    );
  },
  "tags of a load: the entry has those of the call": async () => {
    const cache = createCache({ clock: fakeClock() });
    for (const call of ["one", "many"]) {
      const gate = deferred<string>();
      const tags = ["t"];
      const loaded =
        call === "one"
          ? cache.getOrSet(call, () => gate.promise, { tags })
          : cache.getOrSetMany([call], async () => [await gate.promise], { tags });
      tags[0] = "another";
      gate.resolve("value");
      await loaded;
      equal((await cache.meta(call))?.tags, ["t"]);
    }
  },
  "an array key: what is counted is the key of the call": async () => {
    const cache = createCache({ clock: fakeClock() });
    const hot = hotKeys(cache);
    const gate = deferred<string>();
    const key: [string, number] = ["user", 1];
    const loaded = cache.getOrSet(key, () => gate.promise);
    const read = cache.getMany([key], { schema: later });
    key[1] = 2;
    gate.resolve("value");
    await loaded;
    await read;
    equal(
      hot.top().map((counted) => counted.key),
      [["user", 1]],
    );
    equal(await cache.keys(), [["user", 1]]);
    same(await cache.get(["user", 1]), "value");
    await hot.stop();
  },
});
