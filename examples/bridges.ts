/**
 * Bridges: one cache under a library that takes an unstorage driver, and under one that takes a store of Keyv.
 */
// Runs on: node20, node22, node24, bun, deno
import { createCache, memory } from "tiercel";
import { keyvStore, unstorageDriver } from "tiercel/bridges";
import { createStorage } from "unstorage";

const cache = createCache({ name: "app", tiers: [memory({ maxEntries: 10_000 })] });

// Nitro and Nuxt take such a driver; each storage has a namespace of the cache.
const pages = cache.namespace("pages");
const storage = createStorage({ driver: unstorageDriver(pages, { ttl: "1h" }) });
await storage.setItem("blog:first", { title: "Hello" }, { ttl: 60, tags: ["blog"] });
await storage.setItem("about", { title: "About" });
await storage.setItemRaw("logo", new Uint8Array([0x89, 0x50, 0x4e, 0x47]));
console.log("pages:", (await storage.getKeys()).sort(), "blog:", await storage.getKeys("blog"));
console.log("seconds left:", (await storage.getMeta("about")).ttl);

// What unstorage has no word for, the cache does.
await pages.invalidateTags("blog");
console.log("after the invalidation:", await storage.getItem("blog:first"), await storage.getItem("about"));

// With the package keyv: new Keyv({ store: keyvStore(cache), namespace: "http" }). It makes these calls.
const store = keyvStore(cache, { tags: ["responses"] });
store.namespace = "http";
store.on("error", (error) => console.log("a tier failed:", error));
await store.set("http:/users/1", '{"value":{"status":200}}', 60_000);
console.log("response:", await store.get("http:/users/1"));
for await (const [key] of store.iterator()) console.log("kept under", key);
await store.clear();
console.log("cleared:", await store.has("http:/users/1"), "pages stay:", await storage.hasItem("about"));

// Neither closes the cache.
await store.disconnect();
await storage.dispose();
await cache.close();
