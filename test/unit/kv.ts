import type { KvMetadata, KvNamespace } from "../../adapters/kv/namespace.ts";
import { kv } from "../../adapters/kv.ts";
import { ConfigError, createCache, memory, type TierError } from "../../mod.ts";
import { encodeEnvelope } from "../../src/bytes/mod.ts";
import { equal, ok, rejects, same, throws } from "../contract/assert.ts";
import { type FakeClock, fakeClock, suite, type TestCase } from "../contract/mod.ts";

interface Held {
  readonly value: Uint8Array;
  readonly options: { expirationTtl?: number; metadata?: KvMetadata };
}

/** A namespace as Cloudflare has them: it answers with what was before until `arrive()`, and refuses what comes too fast. */
class Namespace implements KvNamespace {
  readonly seen = new Map<string, Held>();
  readonly calls: string[] = [];
  /** Changes are seen at once. */
  prompt = true;
  /** What the next operations throw. */
  faults: Error[] = [];
  #pending: (() => void)[] = [];

  /** From now on all changes are seen. */
  arrive(): void {
    for (const change of this.#pending.splice(0)) change();
  }

  #note(operation: string): void {
    this.calls.push(operation);
    const fault = this.faults.shift();
    if (fault) throw fault;
  }

  #change(change: () => void): void {
    if (this.prompt) change();
    else this.#pending.push(change);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the binding answers by the type that is asked for
  async getWithMetadata(key: string, { type, cacheTtl }: { type: string; cacheTtl?: number }): Promise<any> {
    this.#note(cacheTtl === undefined ? "get" : `get for ${cacheTtl} s`);
    const held = this.seen.get(key);
    if (!held) return { value: null, metadata: null };
    const bytes = held.value.slice();
    return { value: type === "stream" ? new Response(bytes).body : bytes.buffer, metadata: held.options.metadata };
  }

  async put(key: string, value: Uint8Array, options: Held["options"]): Promise<void> {
    this.#note("put");
    const copy = value.slice();
    this.#change(() => this.seen.set(key, { value: copy, options }));
  }

  async delete(key: string): Promise<void> {
    this.#note("delete");
    this.#change(() => this.seen.delete(key));
  }

  async list({ prefix, limit, cursor = "" }: { prefix: string; limit: number; cursor?: string }) {
    this.#note("list");
    const names = [...this.seen.keys()].filter((name) => name.startsWith(prefix) && name > cursor).sort();
    const keys = names.slice(0, limit).map((name) => ({ name, metadata: this.seen.get(name)!.options.metadata }));
    const last = keys.at(-1)?.name;
    return keys.length < names.length && last !== undefined
      ? { keys, list_complete: false, cursor: last }
      : { keys, list_complete: true };
  }
}

const TOO_SOON = new Error("KV PUT failed: 429 Too Many Requests");

function over(namespace: Namespace, clock: FakeClock = fakeClock(), options = {}) {
  const cache = createCache({ name: "app", tiers: [kv(namespace, options)], clock, ttl: "1h" });
  return { cache, clock };
}

/** Tests of `kv()` over a namespace that is as late and as strict as Cloudflare's. */
export const tests: TestCase[] = suite("kv", {
  "refuses what is no binding, and a cacheTtl that KV does not take": () => {
    for (const namespace of [undefined, null, {}, "KV", { getWithMetadata() {}, put() {}, list() {} }])
      throws(() => kv(namespace as never), ConfigError);
    for (const cacheTtl of ["29s", 30_500, -1]) throws(() => kv(new Namespace(), { cacheTtl }), ConfigError);
    for (const options of [null, "1m"]) throws(() => kv(new Namespace(), options as never), ConfigError);
  },
  "tells KV when an entry ends, rounded up to seconds, and reads with cacheTtl": async () => {
    const namespace = new Namespace();
    const { cache, clock } = over(namespace, fakeClock(), { cacheTtl: "2m" });
    await cache.set("a", 1, { ttl: 90_001 });
    await cache.set("b", 1, { ttl: 60_000 });
    await cache.set("c", 1, { ttl: 60_000, grace: 60_000 });
    await cache.set("d", 1, { ttl: "forever" });
    equal(
      [...namespace.seen.values()].map(({ options }) => options.expirationTtl),
      [91, 60, 120, undefined],
    );
    same(namespace.seen.get("app:c")!.options.metadata!.end, clock.now() + 120_000);
    await cache.get("a");
    same(namespace.calls.at(-1), "get for 120 s");
  },
  "is not asked to keep an entry for less than a minute, and has an older one deleted": async () => {
    const namespace = new Namespace();
    const clock = fakeClock();
    const cache = createCache({ name: "app", tiers: [memory(), kv(namespace)], clock });
    await cache.set("k", "long", { ttl: "1h" });
    await cache.set("k", "short", { ttl: 59_000 });
    equal([...namespace.seen], []);
    same(await cache.get("k"), "short");
    ok(!namespace.calls.slice(1).includes("put"));
  },
  "is not asked to keep a value above 25 MiB, or a key above 512 bytes": async () => {
    const namespace = new Namespace();
    const { cache } = over(namespace);
    await rejects(cache.set("k", new Uint8Array(26_214_400)), "TIER_LIMIT");
    equal(namespace.calls, []);
    // Tags and the rest of the envelope count as well.
    await rejects(cache.set("k", new Uint8Array(26_214_000), { tags: ["t".repeat(500)] }), "TIER_LIMIT");
    equal(namespace.calls, []);
    const long = "漢".repeat(400);
    await cache.set(long, "long");
    same(await cache.get(long), "long");
    for (const name of namespace.seen.keys()) ok(new TextEncoder().encode(name).length <= 512);
  },
  "writes once more what KV refuses as it came within a second": async () => {
    const namespace = new Namespace();
    const { cache, clock } = over(namespace);
    await cache.set("k", 1);
    namespace.faults = [TOO_SOON];
    const second = cache.set("k", 2);
    await clock.advance(1_049);
    equal(namespace.calls, ["put", "put"]);
    await clock.advance(1);
    await second;
    same(namespace.calls.length, 3);
    same(await cache.get("k"), 2);
  },
  "serves nothing older when KV refuses a write twice, and makes it good": async () => {
    const namespace = new Namespace();
    const { cache, clock } = over(namespace);
    const errors: unknown[] = [];
    cache.on("error", ({ error, tier }) => errors.push([tier, (error as TierError).code]));
    await cache.set("k", 1);
    namespace.faults = [TOO_SOON, TOO_SOON];
    const second = cache.set("k", 2);
    await clock.advance(1_050);
    await second;
    equal(errors, [["kv", "TIER"]]);
    const read = cache.get("k");
    await clock.settle();
    same(await read, undefined);
    equal([...namespace.seen], [], "what it has is older, so it was deleted");
  },
  "never answers with what was there before a change of its own, however late KV is": async () => {
    const namespace = new Namespace();
    const { cache } = over(namespace);
    for (const key of ["deleted", "written", "a:cleared", "other"]) await cache.set(key, "before");
    namespace.prompt = false;
    await cache.delete("deleted");
    same(await cache.get("deleted"), undefined);
    await cache.set("written", "after");
    // KV does not have it yet.
    same(await cache.get("written"), undefined);
    const space = cache.namespace("a");
    await space.set("cleared", "before");
    await space.clear();
    same(await space.get("cleared"), undefined);
    same(await cache.get("other"), "before");
    await cache.clear();
    same(await cache.get("other"), undefined);
    await cache.set("other", "after");
    namespace.arrive();
    equal([await cache.get("other"), await cache.get("deleted")], ["after", undefined]);
  },
  "takes again what others write after its own change": async () => {
    const namespace = new Namespace();
    const clock = fakeClock();
    const [{ cache }, { cache: other }] = [over(namespace, clock), over(namespace, clock)];
    await cache.set("k", 1);
    await cache.delete("k");
    await clock.advance(1);
    await other.set("k", 2);
    same(await cache.get("k"), 2);
  },
  "goes by KV alone once a change has had its time to arrive": async () => {
    const namespace = new Namespace();
    const { cache, clock } = over(namespace);
    await cache.set("k", 1);
    const { value, options } = namespace.seen.get("app:k")!;
    await cache.delete("k");
    // As if the clock of another process were behind.
    await namespace.put("app:k", value, options);
    same(await cache.get("k"), undefined);
    await clock.advance(60_000);
    same(await cache.get("k"), 1);
  },
  "lists what was written a moment ago in its place, each once, and nothing deleted": async () => {
    const namespace = new Namespace();
    const { cache } = over(namespace);
    for (const key of ["b", "d", "f"]) await cache.set(key, 1);
    namespace.prompt = false;
    for (const key of ["a", "c", "d", "g", "\uffff", "😀"]) await cache.set(key, 2);
    await cache.delete("f");
    const tier = cache.tier("kv");
    for (const limit of [1, 2, 3, 1_000]) {
      const keys: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await tier.scan!({ prefix: "app:", limit, now: 0, cursor });
        keys.push(...page.keys);
        cursor = page.cursor;
      } while (cursor !== undefined);
      equal(
        keys.sort(),
        ["app:a", "app:b", "app:c", "app:d", "app:g", "app:\ud83d\ude00", "app:\uffff"],
        `limit ${limit}`,
      );
    }
    same(await tier.size!("app:", 0), 7);
  },
  "clears what it has written a moment ago, though it is not listed yet": async () => {
    const namespace = new Namespace();
    const { cache, clock } = over(namespace);
    namespace.prompt = false;
    await cache.set("k", 1);
    await cache.clear();
    namespace.arrive();
    await clock.advance("1h");
    equal([...namespace.seen], []);
  },
  "leaves alone what others keep in the namespace": async () => {
    const namespace = new Namespace();
    const { cache } = over(namespace);
    for (const name of ["other", "apple", "app", "app2:k"]) await namespace.put(name, new Uint8Array(1), {});
    for (let index = 0; index < 1_100; index++) await cache.set(`k${index}`, 1);
    await cache.clear();
    equal([...namespace.seen.keys()], ["other", "apple", "app", "app2:k"]);
  },
  "takes what is not its own under its key for a miss, and removes it": async () => {
    const namespace = new Namespace();
    const { cache } = over(namespace);
    const corrupt: unknown[] = [];
    cache.on("corrupt", ({ key }) => corrupt.push(key));
    await cache.set("a", 1);
    const { value, options } = namespace.seen.get("app:a")!;
    await namespace.put("app:b", value, options);
    await namespace.put("app:c", new TextEncoder().encode("garbage"), {});
    await namespace.put("app:d", value.slice(0, 30), options);
    await namespace.put("app:e", encodeEnvelope({ ...NOBODY, value: new Uint8Array(3) }), options);
    for (const key of ["b", "c", "d", "e"]) same(await cache.get(key), undefined);
    equal(corrupt.sort(), ["b", "c", "d", "e"]);
    equal([...namespace.seen.keys()], ["app:a"]);
    same(await cache.delete("c"), false);
  },
  "tells no key and no value in its errors": async () => {
    const namespace = new Namespace();
    const { cache } = over(namespace);
    const told: string[] = [];
    cache.on("error", ({ error }) => {
      for (let one: unknown = error; one instanceof Error; one = one.cause) told.push(`${one.message} ${one.stack}`);
    });
    const fault = () => new Error("KV GET failed: 500 Internal Error for key secret-key with value secret-value");
    namespace.faults = [fault()];
    same(await cache.get("secret-key"), undefined);
    namespace.faults = [fault()];
    await cache.set("secret-key", "secret-value");
    ok(told.length >= 2 && told.some((text) => text.includes("500")));
    ok(!told.join().includes("secret"), told.join());
  },
});

const NOBODY = {
  createdAt: 0,
  freshUntil: Infinity,
  staleUntil: Infinity,
  tags: [],
  sequence: undefined,
  version: undefined,
  loadTime: 0,
};
