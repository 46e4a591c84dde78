// keyv (npm): a key-value store with a ttl over any storage adapter; its events, hooks and serializers.
import assert from "node:assert/strict";
import { type Codec, createCache } from "tiercel";
import { sqlite } from "tiercel/sqlite";

const keyv = createCache({ tiers: [sqlite(":memory:")] });

// Hooks are events here, after the fact: they see keys, and change nothing.
const seen: string[] = [];
keyv.on("hit", ({ key }) => seen.push(`hit ${key}`));
keyv.on("miss", ({ key }) => seen.push(`miss ${key}`));
keyv.on("set", ({ key }) => seen.push(`set ${key}`));
keyv.on("delete", ({ key }) => seen.push(`delete ${key}`));
await keyv.set("a", 1);
await keyv.get("a");
await keyv.get("b");
await keyv.delete("a");
assert.deepEqual(seen, ["set a", "hit a", "miss b", "delete a"]);

// keyv.on("clear"), keyv.on("error"): faults of the store are told here, and fail no call unless `onError` is "throw".
keyv.on("invalidate", ({ by }) => seen.push(by));
keyv.on("error", ({ error }) => console.error("Connection Error", error));
await keyv.clear();
assert.equal(seen.at(-1), "clear");
await keyv.close();

// A serializer of one's own: a codec. Types beyond JSON (Date, Map, bigint, bytes) survive without.
const shouting: Codec = {
  id: "shouting",
  encode: (value) => new TextEncoder().encode(JSON.stringify(value).toUpperCase()),
  decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
};
const custom = createCache({ tiers: [sqlite(":memory:", { codec: shouting })] });
await custom.set("k", { a: "b" });
assert.deepEqual(await custom.get("k"), { A: "B" });
await custom.close();
