// What a user of the cache sees when the database under it is damaged, busy, closed or gone.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { StoreOpenError } from "../../mod.ts";
import { equal, ok, same } from "../contract/mod.ts";
import { causes, kvTest, listed, newPath, onKv, openCache, openRaw } from "./deno-kv-fixture.ts";

onKv("denoKv: what nobody can read is a miss, is told of and removed", async (kv) => {
  const { cache } = openCache(kv);
  await cache.set("k", "v");
  await cache.set("whole", "v");
  const [{ key, value }] = (await listed(kv, "tiercel", "entry")) as [{ key: string[]; value: { entry: object } }];
  const bad: unknown[] = [
    7,
    "text",
    {},
    { entry: null },
    { entry: { ...value.entry, createdAt: "soon" } },
    { entry: { ...value.entry, tags: [7] } },
    { entry: { ...value.entry, value: new Uint8Array([1]) } },
    { entry: { ...value.entry, value: undefined, parts: 3, size: 150_000 } },
    { entry: value.entry, lease: { token: "t" } },
  ];
  for (const garbage of bad) {
    await kv.set(key, garbage);
    const reader = openCache(kv);
    equal([await reader.cache.get("k"), await reader.cache.get("whole")], [undefined, "v"], JSON.stringify(garbage));
    equal([reader.corrupt.map((event) => event.key), reader.errors], [["k"], []], JSON.stringify(garbage));
    same((await kv.get(key)).versionstamp, null, "it is removed");
    await reader.cache.close();
  }
  await cache.set("large", "l".repeat(200_000));
  const [part] = await listed(kv, "tiercel", "part");
  await kv.set(part!.key, new Uint8Array(10));
  const reader = openCache(kv);
  same(await reader.cache.getOrSet("large", () => "loaded"), "loaded");
  same(reader.corrupt.length, 1);
  await Promise.all([cache.close(), reader.cache.close()]);
});

onKv(
  "denoKv: of more than 10,000 tags that were invalidated the oldest are forgotten, and nothing is revived",
  async (kv) => {
    const { cache, errors } = openCache(kv, { random: () => 0 });
    for (const tag of ["dead", "stale", "live"]) await cache.set(tag, 1, { tags: [tag], grace: "1h" });
    await cache.invalidateTags(["dead"]);
    await cache.invalidateTags(["stale"], { mode: "expire" });
    await cache.set("new", 1, { tags: ["new"] });
    const { sequence } = (await kv.get(["tiercel", "journal", true])).value as { sequence: number };
    for (let start = 0; start < 10_000; start += 1_000) {
      const atomic = kv.atomic();
      for (let n = start; n < start + 1_000; n++)
        atomic.set(["tiercel", "tag", `default:${n}`], { deleted: sequence, expired: 0 });
      ok((await atomic.commit()).ok);
    }
    await cache.invalidateTags(["another"]);
    const marks = await listed(kv, "tiercel", "tag");
    same(marks.length, 10_000);
    ok(!marks.some(({ key }) => key[2] === "default:dead"), "the oldest must be gone");
    const again = openCache(kv);
    // What is older than a forgotten tag counts as invalidated.
    equal(await Promise.all(["dead", "stale", "live", "new"].map((key) => again.cache.get(key))), [
      undefined,
      undefined,
      undefined,
      1,
    ]);
    await again.cache.invalidateTags(["dead"], { mode: "expire" });
    same(await again.cache.getEntry("dead"), undefined, "it was deleted before it was expired");
    equal(errors, []);
    await Promise.all([cache.close(), again.cache.close()]);
  },
);

onKv("denoKv: a database that others change again and again costs the caller nothing but the entry", async (kv) => {
  const busy = new Proxy(kv, {
    get(target, name) {
      const method = Reflect.get(target, name, target);
      if (name !== "atomic") return typeof method === "function" ? method.bind(target) : method;
      return () => {
        const atomic = target.atomic();
        atomic.commit = async () => ({ ok: false });
        return atomic;
      };
    },
  });
  const first = openCache(kv);
  await first.cache.set("k", "v");
  await first.cache.close();
  const opened = openCache(busy, { lease: false });
  same(await opened.cache.get("k"), "v");
  same(await opened.cache.getOrSet("n", () => "loaded"), "loaded");
  await opened.cache.set("k", "new");
  const [cause] = causes(opened);
  ok(String(cause).includes("Gave up a write to deno-kv"), String(cause));
  await opened.cache.close();
});

kvTest("denoKv: a handle that its owner has closed is a miss and an event", async () => {
  const kv = await openRaw(":memory:");
  const opened = openCache(kv);
  await opened.cache.set("k", "v");
  kv.close();
  same(await opened.cache.get("k"), "v", "memory has it");
  same(await opened.cache.getOrSet("n", () => "loaded"), "loaded");
  ok(opened.errors.length > 0);
  await opened.cache.close();
});

kvTest("denoKv: a database that cannot be opened is a miss, and its error shows no secret", async () => {
  for (const [target, said] of [
    ["http://user:secret@127.0.0.1:1/db?token=secret", "(URL)"],
    ["/nowhere/at/all/cache.kv", "unable to open"],
  ] as const) {
    const opened = openCache(target);
    same(await opened.cache.getOrSet("k", () => "loaded"), "loaded");
    const [cause] = causes(opened) as [StoreOpenError];
    ok(cause instanceof StoreOpenError, String(cause));
    const shown = `${cause.message}${cause.stack}${cause.cause}`;
    ok(!shown.includes("secret"), shown);
    ok(shown.includes(said) || shown.includes("DENO_KV_ACCESS_TOKEN"), shown);
    await opened.cache.close();
  }
});

kvTest("denoKv: what was acknowledged survives kill -9", async () => {
  const { path, remove } = newPath();
  const program = fileURLToPath(new URL("deno-kv-child.ts", import.meta.url));
  const child = spawn(process.execPath, ["run", "-A", "--no-check", "--unstable-kv", program, path]);
  let told = "";
  child.stdout.on("data", (data) => {
    told += data;
    if (told.split("\n").length > 30) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.on("exit", resolve));
  const { cache, errors } = openCache(path);
  const numbers = told.split("\n").slice(0, -1);
  ok(numbers.length > 29, "some must be acknowledged");
  for (const n of numbers) same(await cache.get(`k${n}`), "v".repeat(Number(n) % 2 === 0 ? 10 : 100_000), n);
  await cache.close();
  equal(errors, []);
  remove();
});
