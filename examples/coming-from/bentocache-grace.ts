// bentocache (npm): memory over a shared store; its grace periods and timeouts, for when the database is slow or down.
import assert from "node:assert/strict";
import { createCache } from "tiercel";
import { fakeClock } from "tiercel/testing";

const clock = fakeClock();
const bento = createCache({ name: "cache", ttl: "10m", grace: "6h", clock });
await bento.set("user:1", { id: 1, query: 1 });

// Grace period: the old value while the database is down.
await clock.advance("11m");
const graced = await bento.getOrSet(
  "user:1",
  () => {
    throw new Error("the database is down");
  },
  { grace: "6h" },
);
assert.deepEqual(graced, { id: 1, query: 1 });

// timeout: the old value after 200 ms, while the factory goes on; hardTimeout: an error.
const slow = async () => {
  await clock.sleep("1s");
  return { id: 1, query: 2 };
};
const soft = bento.getOrSet("user:1", slow, { grace: "6h", softTimeout: "200ms" });
await clock.advance("300ms");
assert.deepEqual(await soft, { id: 1, query: 1 });
await clock.advance("1s");
assert.deepEqual(await bento.get("user:1"), { id: 1, query: 2 });
const hard = assert.rejects(bento.getOrSet("slow", slow, { hardTimeout: "500ms" }), { code: "LOAD_TIMEOUT" });
await clock.advance("2s");
await hard;

await bento.close();
