import type { MemberContext } from "../../../mod.ts";
import { ConfigError, cached, cachedMember, cachedSync, createCache, KeyError, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, ok, rejects, same, suite, throws } from "../../contract/mod.ts";

type Kind = "method" | "getter";

/** Applies a decorator as a compiled class does. */
function decorate(
  target: object,
  name: string,
  decorator: (member: never, context: MemberContext) => unknown,
  kind: Kind = "method",
): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, name)!;
  const part = kind === "getter" ? "get" : "value";
  const context = { kind, name, static: typeof target === "function", private: false } as unknown as MemberContext;
  const decorated = decorator(descriptor[part] as never, context) as never;
  Object.defineProperty(target, name, { ...descriptor, [part]: decorated });
}

function usersOf(): { Users: new (table: string) => Users; runs: () => number } {
  let runs = 0;
  class Repository implements Users {
    readonly table: string;
    constructor(table: string) {
      this.table = table;
    }
    async find(id: number): Promise<string> {
      runs++;
      return `${this.table}:${id}`;
    }
    get first(): Promise<string> {
      runs++;
      return Promise.resolve(`${this.table}:first`);
    }
  }
  return { Users: Repository, runs: () => runs };
}

interface Users {
  readonly table: string;
  find(id: number): Promise<string>;
  readonly first: Promise<string>;
}

export const tests: TestCase[] = suite("decorated members", {
  "two objects never share results": async () => {
    const { Users, runs } = usersOf();
    const cache = createCache();
    decorate(Users.prototype, "find", cached(cache, { name: "Users.find" }));
    const [one, other] = [new Users("users"), new Users("orders")];
    for (const _ of [1, 2]) {
      same(await one.find(1), "users:1");
      same(await other.find(1), "orders:1");
    }
    same(runs(), 2);
    same(await new Users("users").find(1), "users:1");
    same(runs(), 3);
    // Without an object it is nobody's.
    const { find } = one;
    await rejects(() => (find as (id: number) => Promise<string>)(1), KeyError);
  },
  "shared: all objects share them; with a key: those with the same key": async () => {
    const cache = createCache();
    const all = usersOf();
    decorate(all.Users.prototype, "find", cached(cache, { name: "all", instance: "shared" }));
    equal([await new all.Users("a").find(1), await new all.Users("b").find(1)], ["a:1", "a:1"]);
    const some = usersOf();
    decorate(some.Users.prototype, "find", cached(cache, { name: "some", instance: ({ table }: Users) => table }));
    const tables = ["a", "b", "a"].map((table) => new some.Users(table));
    equal(await Promise.all(tables.map((one) => one.find(1))), ["a:1", "b:1", "a:1"]);
    same(some.runs(), 2);
  },
  getters: async () => {
    const { Users, runs } = usersOf();
    decorate(Users.prototype, "first", cached(createCache()), "getter");
    const [one, other] = [new Users("a"), new Users("b")];
    equal([await one.first, await other.first, await one.first], ["a:first", "b:first", "a:first"]);
    same(runs(), 2);
  },
  "a key function that gives no key is refused of an object too, so that no two calls meet where there is none":
    async () => {
      const { Users } = usersOf();
      const keyOf = (user: { id?: string }) => user.id as string;
      decorate(Users.prototype, "find", cached(createCache(), { name: "Users.find", key: keyOf }));
      const users = new Users("users") as unknown as { find(user: { id?: string }): Promise<string> };
      await rejects(users.find({}), KeyError);
      same(await users.find({ id: "a" }), "users:[object Object]");
      const lists = createCache().wrap(async (...args: unknown[]) => args.length, {
        name: "lists",
        instance: () => "one",
        key: (...args) => args as string[],
      });
      equal([await lists("a"), await lists('["a"]', 1), await lists("a", 1)], [1, 2, 2]);
      equal([await lists("a"), await lists('["a"]', 1), (await lists.info()).size], [1, 2, 3]);
    },
  "static methods: a class and its heirs do not share results": async () => {
    let runs = 0;
    class Base {
      static table = "base";
      static async load(id: number): Promise<string> {
        runs++;
        // biome-ignore lint/complexity/noThisInStatic: the class or an heir.
        return `${this.table}:${id}`;
      }
      id = 1;
    }
    decorate(Base, "load", cached(createCache()));
    class Heir extends Base {
      static override table = "heir";
    }
    for (const _ of [1, 2]) equal([await Base.load(1), await Heir.load(1)], ["base:1", "heir:1"]);
    same(runs, 2);
  },
  "results of isolated objects stay in tiers of this process, so that no later object gets them": async () => {
    const data = mapData();
    const open = () => createCache({ tiers: [memory(), mapTier({ data, name: "disk" })] });
    const cache = open();
    const { Users } = usersOf();
    decorate(Users.prototype, "find", cached(cache, { name: "find" }));
    const users = new Users("users");
    await users.find(1);
    equal([data.entries.size, (await cachedMember(users, "find").info()).size], [0, 1]);
    // After a restart there is nothing of it.
    await cache.close();
    const later = usersOf();
    decorate(later.Users.prototype, "find", cached(open(), { name: "find" }));
    same(await new later.Users("orders").find(1), "orders:1");
    const lasting = createCache({ tiers: [mapTier({ data, name: "disk" })] });
    for (const make of [
      () => cached(lasting, { name: "f" }),
      () => cached(open(), { name: "f", tiers: ["disk"] }),
      () => cached(open(), { name: "f", tiers: ["memory", "disk"] }),
    ]) {
      const decorator = make();
      const error = throws(() => decorate(usersOf().Users.prototype, "find", decorator), ConfigError) as ConfigError;
      same(error.option, "instance");
    }
    const keyed = usersOf();
    decorate(keyed.Users.prototype, "find", cached(lasting, { name: "keyed", instance: ({ table }: Users) => table }));
    await new keyed.Users("users").find(1);
    same(data.entries.size, 1);
  },
  "helpers of a member, for one object": async () => {
    const { Users, runs } = usersOf();
    const cache = createCache();
    decorate(Users.prototype, "find", cached(cache));
    decorate(Users.prototype, "first", cached(cache), "getter");
    const [one, other] = [new Users("a"), new Users("b")];
    for (const users of [one, other]) {
      await users.find(1);
      await users.first;
    }
    same(await cachedMember(one, "find").invalidate(1), true);
    equal([await cachedMember(one, "find").has(1), await cachedMember(other, "find").has(1)], [false, true]);
    same(await cachedMember(one, "find")(1), "a:1");
    same(await cachedMember(one, "first").get(), "a:first");
    same(await cachedMember(one, "first").refresh(), "a:first");
    same(runs(), 6);
    class Heir extends Users {}
    const heir = new Heir("heir");
    same(await cachedMember(heir, "find").has(1), false);
    throws(() => cachedMember(one, "table"), ConfigError);
    throws(() => cachedMember(one, "missing" as never), ConfigError);
  },
  "members that answer at once": () => {
    let runs = 0;
    class Square {
      readonly side: number;
      constructor(side: number) {
        this.side = side;
      }
      get area(): number {
        runs++;
        return this.side ** 2;
      }
      times(factor: number): number {
        runs++;
        return this.side * factor;
      }
      ofSide(factor: number): number {
        runs++;
        return this.side + factor;
      }
    }
    decorate(Square.prototype, "area", cachedSync(), "getter");
    decorate(Square.prototype, "times", cachedSync({ maxEntries: 2 }));
    decorate(Square.prototype, "ofSide", cachedSync({ instance: ({ side }: Square) => `side ${side}` }));
    const [two, three, another] = [new Square(2), new Square(3), new Square(2)];
    for (const _ of [1, 2]) {
      equal([two.area, three.area, two.times(5), three.times(5)], [4, 9, 10, 15]);
      equal([two.ofSide(1), three.ofSide(1), another.ofSide(1)], [3, 4, 3]);
    }
    same(runs, 6);
    same(cachedMember(two, "times").delete(5), true);
    equal([cachedMember(two, "times").has(5), cachedMember(three, "times").has(5)], [false, true]);
    same(cachedMember(two, "times")(5), 10);
    for (const factor of [1, 2, 3]) two.times(factor);
    same(cachedMember(two, "times").stats().size, 2);
    same(cachedMember(two, "area").delete(), true);
    same(two.area, 4);
    same(cachedMember(another, "ofSide").delete(1), true);
    same(two.ofSide(1), 3);
    same(runs, 12);
    equal([two.times.name, two.times.length], ["times", 1]);
    const { times } = two;
    throws(() => (times as (factor: number) => number)(1), KeyError);
  },
  "a key of isolated objects is made of the object too, whether the member answers at once or later": async () => {
    const keys: unknown[] = [];
    const key = function (this: { table: string }, id: number): string {
      keys.push(this.table);
      return `${this.table}:${id % 2}`;
    };
    class Both {
      readonly table: string;
      constructor(table: string) {
        this.table = table;
      }
      now(id: number): string {
        return `${this.table}:${id}`;
      }
      async later(id: number): Promise<string> {
        return this.now(id);
      }
    }
    decorate(Both.prototype, "now", cachedSync({ key: key as never }));
    decorate(Both.prototype, "later", cached(createCache(), { key: key as never }));
    const [one, other] = [new Both("a"), new Both("b")];
    for (const id of [1, 3]) {
      equal([one.now(id), other.now(id)], ["a:1", "b:1"]);
      equal([await one.later(id), await other.later(id)], ["a:1", "b:1"]);
    }
    equal([cachedMember(one, "now").delete(5), cachedMember(one, "now").has(1)], [true, false]);
    equal(new Set(keys), new Set(["a", "b"]));
    const wrong = () => decorate(Both.prototype, "now", cachedSync({ key: "k" as never }));
    same((throws(wrong, ConfigError) as ConfigError).option, "key");
  },
  "on what is neither method nor getter, and without a context, they are refused": () => {
    const context = (kind: string) => ({ kind, name: "x" }) as unknown as MemberContext;
    for (const decorator of [cached(createCache()), cachedSync()] as ((member: never, context: never) => unknown)[]) {
      for (const kind of ["field", "class", "setter", "accessor"]) {
        const { message } = throws(() => decorator((() => {}) as never, context(kind) as never), ConfigError);
        ok(message.includes(kind), message);
      }
      throws(() => decorator({} as never, undefined as never), ConfigError);
      throws(() => decorator({} as never, "name" as never), ConfigError);
    }
  },
});
