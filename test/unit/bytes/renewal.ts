import { keyRing } from "../../../src/bytes/encryption/mod.ts";
import type { Tier } from "../../../src/tier.ts";
import { equal, same } from "../../contract/assert.ts";
import { mapData } from "../../contract/mod.ts";
import { suite, type TestCase } from "../../contract/suite.ts";
import { codesOf, entry, NOW, READ, write } from "./byte-store.ts";
import { closed, keyOf, read, type Sealed, sealed, store, stored } from "./sealed-store.ts";

/** The id of the key that an entry is under. */
function keyIdOf({ data }: Sealed, key: string): string {
  return Array.from(stored(data, key).value.subarray(4, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A tier with an entry under a key that was rotated out of force. */
async function rotated(
  wrap?: (store: Tier<Uint8Array>) => Tier<Uint8Array>,
): Promise<Sealed & { old: string; current: string }> {
  const ring = keyRing({ current: keyOf(1) });
  const rig = await sealed({ ring, ...(wrap && { wrap }) });
  await store(rig.tier, { key: "k", entry: entry("value", { tags: ["t"], version: "v", loadTime: 5 }) });
  const [old] = await ring.ids();
  return { ...rig, old: old!, current: await ring.rotate(keyOf(2)) };
}

/** Calls something before one operation of a store. */
function before(
  operation: "setMany" | "getMany",
  call: (store: Tier<Uint8Array>) => unknown,
): (store: Tier<Uint8Array>) => Tier<Uint8Array> {
  let isDone = false;
  return (inner) => ({
    ...inner,
    [operation]: async (...args: never[]) => {
      const [, options] = args as unknown as [unknown, { lease?: number } | undefined];
      const [writes] = args as unknown as [{ lease?: number }[]];
      const isRenewal = operation === "getMany" ? options?.lease !== undefined : writes[0]?.lease !== undefined;
      if (isRenewal && !isDone) {
        isDone = true;
        await call(inner);
      }
      return (inner[operation] as (...args: never[]) => unknown)(...args);
    },
  });
}

export const tests: TestCase[] = suite("renewal", {
  "what is read under an older key is written again under the current one, and is otherwise the same": async () => {
    const rig = await rotated();
    const { value: _, size: _s, ...meta } = stored(rig.data, "k");
    equal(await read(rig.tier, "k"), ["value"]);
    await closed(rig.tier);
    same(keyIdOf(rig, "k"), rig.current);
    const { value: _v, size, ...after } = stored(rig.data, "k");
    equal(after, meta);
    same(size, stored(rig.data, "k").value.length);
    equal(await read(rig.tier, "k"), ["value"]);
    same(rig.data.leases.get("k"), undefined);
  },
  "nothing is written again that is current, or has no fresh value": async () => {
    const rig = await rotated();
    await store(rig.tier, { key: "stale", entry: entry(1, { freshUntil: NOW - 1 }) }, write("new", 2));
    const payloads = ["stale", "new"].map((key) => stored(rig.data, key).value);
    equal(await read(rig.tier, "stale", "new", "none"), [1, 2, undefined]);
    await closed(rig.tier);
    equal(
      ["stale", "new"].map((key) => stored(rig.data, key).value),
      payloads,
    );
  },
  "10,000 entries are all under the current key after one pass": async () => {
    const ring = keyRing({ current: keyOf(1) });
    const rig = await sealed({ ring });
    const keys = Array.from({ length: 10_000 }, (_, at) => `k${at}`);
    await store(rig.tier, ...keys.map((key) => write(key, key)));
    const current = await ring.rotate(keyOf(2));
    equal(await read(rig.tier, ...keys), keys);
    await closed(rig.tier);
    same(keys.filter((key) => keyIdOf(rig, key) !== current).length, 0);
    await ring.drop();
    equal(await read(rig.tier, ...keys), keys);
    equal(rig.reports, []);
  },
  "what another writes meanwhile is not undone": async () => {
    const other = keyRing({ current: keyOf(2) });
    const data = mapData();
    const newer = await sealed({ ring: other, data });
    for (const operation of ["getMany", "setMany"] as const) {
      const ring = keyRing({ current: keyOf(1) });
      const rig = await sealed({ ring, data, wrap: before(operation, () => store(newer.tier, write("k", "newer"))) });
      await store(rig.tier, write("k", "older"));
      await ring.rotate(keyOf(2));
      equal(await read(rig.tier, "k"), ["older"]);
      await closed(rig.tier);
      equal(await read(newer.tier, "k"), ["newer"], operation);
      same(data.leases.get("k"), undefined, operation);
    }
  },
  "what another deletes or clears meanwhile does not come back": async () => {
    for (const operation of ["getMany", "setMany"] as const) {
      for (const remove of [
        (s: Tier<Uint8Array>) => s.deleteMany(["k"], NOW),
        (s: Tier<Uint8Array>) => s.clear("", NOW),
      ]) {
        const rig = await rotated(before(operation, remove));
        equal(await read(rig.tier, "k"), ["value"]);
        await closed(rig.tier);
        same(rig.data.entries.has("k"), false, operation);
      }
    }
  },
  "what is invalidated meanwhile by its tag stays so": async () => {
    for (const operation of ["getMany", "setMany"] as const) {
      const rig = await rotated(
        before(operation, (s) => s.invalidate!({ tags: ["t"], match: "any", mode: "delete", now: NOW, after: 0 })),
      );
      equal(await read(rig.tier, "k"), ["value"]);
      await closed(rig.tier);
      equal(await read(rig.tier, "k"), [undefined], operation);
    }
  },
  "a new deadline that is given meanwhile stays": async () => {
    let touched: Promise<unknown> | undefined;
    const rig: Sealed = await rotated(
      before("setMany", () => {
        touched = Promise.resolve(rig.tier.touchMany!([{ key: "k", freshUntil: NOW + 1, staleUntil: NOW + 2 }], NOW));
      }),
    );
    equal(await read(rig.tier, "k"), ["value"]);
    await closed(rig.tier);
    equal(await touched, [true]);
    const { freshUntil, staleUntil } = stored(rig.data, "k");
    equal([freshUntil, staleUntil], [NOW + 1, NOW + 2]);
  },
  "a store that fails costs a report, and the next read tries again": async () => {
    const rig = await rotated(
      before("setMany", () => {
        throw new RangeError("of the store");
      }),
    );
    equal(await read(rig.tier, "k"), ["value"]);
    await closed(rig.tier);
    equal(codesOf(rig.reports), [["fault", undefined, undefined]]);
    same(keyIdOf(rig, "k"), rig.old);
    same(rig.data.leases.get("k"), undefined);
    equal(await read(rig.tier, "k"), ["value"]);
    await closed(rig.tier);
    same(keyIdOf(rig, "k"), rig.current);
  },
  "where somebody else has the lease, nothing is written": async () => {
    const rig = await rotated();
    rig.data.leases.set("k", { id: 99, until: NOW + 1_000 });
    equal(await read(rig.tier, "k"), ["value"]);
    await closed(rig.tier);
    same(keyIdOf(rig, "k"), rig.old);
    same(rig.data.leases.get("k")?.id, 99);
  },
  "a store without leases is left alone": async () => {
    const rig = await rotated((inner) => ({ ...inner, capabilities: { ...inner.capabilities, leases: false } }));
    equal(await read(rig.tier, "k"), ["value"]);
    await closed(rig.tier);
    same(keyIdOf(rig, "k"), rig.old);
    equal((await rig.tier.getMany(["k"], READ)).entries[0]?.value, "value");
  },
});
