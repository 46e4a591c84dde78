import { createCache, memory } from "../../../mod.ts";
import { hotKeys } from "../../../src/observe/mod.ts";
import { profiles } from "../../../src/profiles/mod.ts";
import { equal, ok, same, type TestCase } from "../../contract/mod.ts";
import { site, siteSuite } from "./site.ts";

export const tests: TestCase[] = siteSuite("admin pages", {
  "the overview shows numbers, tiers, memory, what left and hot keys": async () => {
    const cache = createCache({ name: "shop", tiers: [memory({ maxEntries: 4 })], sweepInterval: 0 });
    const { browser } = site({ hotKeys: hotKeys(cache) }, cache);
    for (let i = 0; i < 10; i++) await cache.getOrSet(`k${i}`, () => i);
    await cache.get("k9");
    const one = browser();
    await one.login();
    const { text } = await one.get("");
    for (const part of [
      "<title>Overview · shop · Tiercel</title>",
      "1 of 11 reads",
      "4 of 4, 100.0%",
      "capacity",
      "All tiers are well",
    ])
      ok(text.includes(part.replace("100.0%", "100%")), part);
    ok(text.includes('href="/admin/entry?key=k9"'));
  },
  "rates are told as soon as there are two looks": async () => {
    const { browser, cache } = site();
    const one = browser();
    await one.login();
    const now = Date.now;
    try {
      let time = now();
      Date.now = () => time;
      await one.get("/live");
      for (let i = 0; i < 40; i++) await cache.get("k");
      time += 2_000;
      const { text } = await one.get("/live");
      ok(text.includes("<strong>20</strong>"), text);
    } finally {
      Date.now = now;
    }
  },
  "what nobody would see in a key, a tag or a value is shown as escapes": async () => {
    const { browser, cache } = site();
    const key = "user\u202e:\u200b1\n";
    await cache.set(key, { text: key }, { tags: ["t\u2066"] });
    const one = browser();
    await one.login();
    const list = await one.get("/keys");
    ok(list.text.includes(">user\\u202e:\\u200b1\\n</a>"), list.text);
    ok(list.text.includes(">t\\u2066</a>"), list.text);
    const entry = await one.get(`/entry?key=${encodeURIComponent(key)}`);
    same(entry.status, 200);
    ok(!/[\u202e\u200b\u2066]/.test(entry.text.replace(/<(input|a) [^>]*>/g, "")), entry.text);
  },
  "a key is found, seen, given a new time, dropped and deleted by forms": async () => {
    const { browser, cache } = site();
    await cache.set("user:1", { name: "Ada", raw: new Uint8Array([72, 105]) }, { tags: ["users"], ttl: "5m" });
    const one = browser();
    await one.login();
    const list = await one.get("/keys?pattern=user:*&tag=users");
    ok(list.text.includes('href="/admin/entry?key=user%3A1"'));
    const entry = await one.get("/entry?key=user%3A1");
    for (const part of ["&quot;Ada&quot;", "48 69", "Hi</pre>", "is a hit from memory"])
      ok(entry.text.includes(part), part);
    equal((await one.post("/entry/expire", { key: "user:1", ttl: "1h" })).location, "/admin/entry?key=user%3A1");
    ok(((await cache.meta("user:1"))?.ttl ?? 0) > 3_000_000);
    ok((await one.get("/entry?key=user%3A1")).text.includes("The new time to live is 1h."));
    ok(!(await one.get("/entry?key=user%3A1")).text.includes("The new time to live is 1h."));
    same((await one.post("/entry/expire", { key: "user:1", ttl: "soon" })).status, 400);
    equal((await one.post("/entry/delete", { key: "user:1" })).location, "/admin/keys");
    same((await one.get("/entry?key=user%3A1")).status, 404);
    // Pairs of surrogates at every place where what is said may end.
    for (const long of ["😀".repeat(400), `x${"😀".repeat(400)}`]) {
      await cache.set(long, 1);
      same((await one.post("/entry/delete", { key: long })).status, 303);
      ok((await one.get("/keys")).text.includes("😀😀"));
    }
  },
  "an invalidation says how many it hits before it is done": async () => {
    const { browser, cache } = site();
    for (let i = 0; i < 3; i++) await cache.set(`k${i}`, i, { tags: ["users"] });
    const one = browser();
    await one.login();
    const { text } = await one.get("/invalidate/confirm?by=tags&tags=users%2C+orders&mode=delete");
    ok(text.includes("<strong>tags users, orders</strong> deletes <strong>3 entries</strong>"), text);
    same(await cache.size(), 3);
    same((await one.post("/invalidate", { by: "tags", tags: "users, orders", mode: "delete" })).status, 303);
    same(await cache.size(), 0);
    ok((await one.get("/invalidate")).text.includes("Done: tags users, orders is invalidated"));
  },
  "everything is cleared only for who types the name": async () => {
    const { browser, cache } = site();
    await cache.set("k", 1);
    const one = browser();
    await one.login();
    ok((await one.get("/invalidate/confirm?by=all")).text.includes("<strong>1 entry</strong>"));
    same((await one.post("/invalidate", { by: "all", confirm: "nope" })).status, 400);
    same(await cache.size(), 1);
    same((await one.post("/invalidate", { by: "all", confirm: "app" })).status, 303);
    same(await cache.size(), 0);
  },
  "profiles are saved, put in force and deleted by forms": async () => {
    const cache = createCache({ name: "app", sweepInterval: 0 });
    const all = profiles(cache);
    const { browser } = site({ profiles: all }, cache);
    const one = browser();
    await one.login();
    await one.get("/profiles");
    same((await one.post("/profiles/save", { name: "sale", ttl: "30s", maxEntries: "9", tags: "a, b" })).status, 303);
    same((await one.post("/profiles/use", { name: "sale" })).status, 303);
    equal(
      [all.current.name, all.current.ttl, all.current.maxEntries, all.current.tags],
      ["sale", 30_000, 9, ["a", "b"]],
    );
    ok((await one.get("/profiles")).text.includes("in force"));
    same((await one.post("/profiles/use", { name: "nope" })).status, 400);
    await one.post("/profiles/use", { name: "default" });
    same((await one.post("/profiles/delete", { name: "sale" })).status, 303);
    equal(
      (await all.list()).map(({ name }) => name),
      ["default"],
    );
  },
  "the theme is that of the cookie, before any script runs": async () => {
    const { browser } = site();
    const one = browser();
    await one.login();
    for (const [theme, shown] of [
      ["dark", "dark"],
      ["light", "light"],
      ['"><b>', "auto"],
    ] as const) {
      one.cookies.set("tiercel_theme", encodeURIComponent(theme));
      ok((await one.get("")).text.includes(`data-theme="${shown}"`), theme);
    }
  },
});
