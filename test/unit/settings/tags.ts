import { createCache } from "../../../mod.ts";
import { equal, fakeClock, same, throws } from "../../contract/mod.ts";
import { stackSuite } from "../cache/stacks.ts";

/** Tags and profile of every write. */
export const defaults = stackSuite("default tags and profile", {
  "go with those of the call on every kind of write": async (open) => {
    const { cache } = open({ tags: ["app", "b"], profile: "day" });
    await cache.set("set", 1, { tags: ["b", "a"] });
    await cache.set("function", 1, { tags: (value: number) => [`n${value}`] });
    await cache.setMany([
      { key: "many", value: 1, tags: ["c"] },
      { key: "plain", value: 1 },
    ]);
    await cache.getOrSet("load", () => 1, { tags: ["d"] });
    await cache.getOrSet("loader", ({ setTags }) => {
      setTags(["e"]);
      return 1;
    });
    await cache.getOrSetMany(["loads"], () => [1]);
    const told = async (key: string) => (await cache.meta(key))?.tags;
    equal(await told("set"), ["a", "app", "b"]);
    equal(await told("function"), ["app", "b", "n1"]);
    equal(await told("many"), ["app", "b", "c"]);
    equal(await told("plain"), ["app", "b"]);
    equal(await told("load"), ["app", "b", "d"]);
    equal(await told("loader"), ["app", "b", "e"]);
    equal(await told("loads"), ["app", "b"]);
    same((await cache.meta("loads"))?.profile, "day");
    same((await cache.getEntry("set"))?.profile, "day");
    await cache.invalidateTags("app");
    equal(await cache.keys(), []);
  },
  "one tag may be given as what it is, as to invalidateTags, and not as its characters": async (open) => {
    const { cache } = open();
    await cache.set("k", 1, { tags: "users" as never });
    await cache.getOrSet("load", () => 1, { tags: "users" as never });
    equal([(await cache.meta("k"))?.tags, (await cache.meta("load"))?.tags], [["users"], ["users"]]);
    await cache.invalidateTags("users");
    equal(await cache.keys(), []);
  },
  "are those of the namespace that is written to": async (open) => {
    const { cache } = open({ tags: ["app"] });
    const inner = cache.namespace("n");
    await inner.set("k", 1);
    await cache.set("k", 2);
    await cache.invalidateTags("app");
    equal([await cache.get("k"), await inner.get("k")], [undefined, 1]);
    await inner.invalidateTags("app");
    same(await inner.get("k"), undefined);
  },
  "leave entries without any alone where there are none": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    const meta = await cache.meta("k");
    equal([meta?.tags, meta?.profile], [[], undefined]);
  },
  "are still there after a promotion": async (open) => {
    const { cache, top } = open({ tags: ["app"], profile: "day" });
    await cache.set("k", 1);
    await cache.evict("k");
    await cache.get("k");
    const meta = await cache.meta("k", { tier: top });
    if (meta) equal([meta.tags, meta.profile], [["app"], "day"]);
  },
  "are refused by createCache when they are wrong": () => {
    const clock = fakeClock();
    for (const tags of ["app", [""], [5], ["\0"], {}]) throws(() => createCache({ clock, tags } as never), "CONFIG");
    for (const profile of ["", 5, "x".repeat(65), "\ud800"])
      throws(() => createCache({ clock, profile } as never), "CONFIG");
  },
});
