import { createCache, memory, ValueError } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapTier, ok, rejects, same, suite, throws } from "../../contract/mod.ts";

interface Cart {
  items: string[];
  at?: Date;
}

const stacks = (options: Parameters<typeof memory>[0]) => [
  createCache({ tiers: [memory(options)] }),
  createCache({ tiers: [memory(options), mapTier()] }),
];

export const tests: TestCase[] = suite("copies of values", {
  "by default a value is the caller's own": async () => {
    for (const cache of stacks({})) {
      const cart: Cart = { items: ["a"] };
      await cache.set("k", cart);
      same(await cache.get("k"), cart);
    }
  },
  "a clone that throws on the way out rejects a read, which throws nothing by itself": async () => {
    let isBroken = false;
    const clone = (value: never): unknown => {
      if (isBroken) throw new RangeError("no copy");
      return value;
    };
    const cache = createCache({ tiers: [memory({ clone })] });
    const wrapped = cache.wrap(async (n: number) => n, { name: "f" });
    await cache.set("k", 1);
    await wrapped(1);
    isBroken = true;
    for (const read of [() => cache.get("k"), () => cache.getOrSet("k", () => 2), () => wrapped(1)]) {
      const answer = read();
      ok(answer instanceof Promise);
      await rejects(answer, RangeError);
    }
    throws(() => cache.sync.get("k"), RangeError);
    isBroken = false;
    same(await cache.get("k"), 1);
  },
  "freeze runs no getters": async () => {
    let runs = 0;
    const value = {
      parts: [{ a: 1 }],
      get made() {
        runs++;
        throw new RangeError("not now");
      },
    };
    const cache = createCache({ tiers: [memory({ freeze: true })] });
    await cache.set("k", value);
    same(runs, 0);
    ok(Object.isFrozen(value.parts[0]));
  },
  "with clone nobody can change what others get": async () => {
    for (const clone of ["structured", (cart: Cart) => ({ ...cart, items: [...cart.items] })] as const) {
      for (const cache of stacks({ clone })) {
        const cart: Cart = { items: ["a"] };
        await cache.set("k", cart);
        cart.items.push("mine");
        const reads = [
          () => cache.get<Cart>("k"),
          () => cache.get<Cart>("k", {}),
          async () => (await cache.getMany<Cart>(["k"])).get("k"),
          async () => (await cache.getEntry<Cart>("k"))?.value,
          () => cache.getOrSet<Cart>("k", () => cart),
          async () => {
            for await (const { value } of cache.entries<Cart>()) return value;
            return undefined;
          },
        ];
        for (const read of reads) {
          const got = await read();
          equal(got, { items: ["a"] });
          got!.items.push("theirs");
        }
      }
    }
  },
  "structured clones keep what structured clones keep": async () => {
    const cache = createCache({ tiers: [memory({ clone: "structured" })] });
    const at = new Date(0);
    await cache.set("k", { at, map: new Map([[1, new Set([2])]]) });
    const got = await cache.get<{ at: Date; map: Map<number, Set<number>> }>("k");
    ok(got!.at.getTime() === 0 && got!.at !== at && got!.map.get(1)!.has(2));
  },
  "a value that cannot be copied is refused before any tier is changed": async () => {
    for (const cache of stacks({ clone: "structured" })) {
      await cache.set("k", "old");
      await rejects(cache.set("k", { call() {} }), Error);
      same(await cache.get("k"), "old");
    }
  },
  "freeze makes changes throw, all through, cycles included": async () => {
    for (const cache of stacks({ freeze: true })) {
      const cart: Cart & { self?: unknown } = { items: ["a"], at: new Date(0) };
      cart.self = cart;
      await cache.set("k", cart);
      const got = (await cache.get<Cart>("k"))!;
      same(got, cart);
      throws(() => got.items.push("b"), TypeError);
      throws(() => {
        got.items = [];
      }, TypeError);
      got.at!.setTime(1);
    }
  },
  "freeze leaves instances of classes as they are, and freezes all that is plain": async () => {
    class Account {
      balance = 0;
    }
    const bare = Object.assign(Object.create(null) as { inner?: object }, { inner: { a: 1 } });
    // An object of another realm, as its prototype looks from here.
    const root = Object.assign(Object.create(null) as object, { isPrototypeOf: Object.prototype.isPrototypeOf });
    const foreign = Object.assign(Object.create(root) as { list?: number[] }, { list: [1] });
    const account = new Account();
    const own = Object.create({ shared: 1 }) as object;
    for (const cache of stacks({ freeze: true })) {
      await cache.set("k", { account, list: [account], bare, foreign, own });
      account.balance++;
      equal(
        [account, own, bare, bare.inner, foreign, foreign.list, await cache.get("k")].map((part) =>
          Object.isFrozen(part),
        ),
        [false, false, true, true, true, true, true],
      );
    }
    same(account.balance, 2);
  },
  "freeze with clone leaves the caller's value alone": async () => {
    const cache = createCache({ tiers: [memory({ freeze: true, clone: "structured" })] });
    const cart: Cart = { items: ["a"] };
    await cache.set("k", cart);
    cart.items.push("b");
    equal(await cache.get("k"), { items: ["a"] });
  },
  "what is promoted is kept apart as well": async () => {
    const lower = mapTier();
    const cache = createCache({ tiers: [memory({ clone: "structured" }), lower] });
    await cache.set("k", { items: ["a"] });
    await cache.evict("k");
    const first = await cache.get<Cart>("k");
    first!.items.push("b");
    equal(await cache.get("k"), { items: ["a"] });
  },
  "what cannot be cloned is refused, and what was there stays": async () => {
    const cache = createCache({ tiers: [memory({ clone: "structured" })] });
    await cache.set("k", "old");
    const error = await rejects(cache.set("k", { run: () => {} }), ValueError);
    ok(!error.message.includes("run"), error.message);
    same(await cache.get("k"), "old");
  },
  "wrong options are refused": () => {
    throws(() => memory({ clone: "deep" as "structured" }), "CONFIG");
    throws(() => memory({ freeze: 1 as never }), "CONFIG");
  },
});
