import type { CacheEvents } from "../../../mod.ts";
import { ConfigError, createCache, KeyError, memoize, memoizeSync, memory } from "../../../mod.ts";
import { isArrow } from "../../../src/functions/owner.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, ok, rejects, same, suite, throws } from "../../contract/mod.ts";
import { counted } from "./counted.ts";

export const tests: TestCase[] = suite("what wrapped functions share", {
  "two modules with a function of one name never receive each other's results": async () => {
    const cache = createCache();
    const load = cache.wrap(async function load(id: number) {
      return `of one module: ${id}`;
    });
    await load(1);
    const again = (): unknown =>
      cache.wrap(async function load(id: number) {
        return `of another module: ${id}`;
      });
    const error = throws(again, ConfigError) as ConfigError;
    same(error.option, "name");
    ok(error.message.includes("load"), error.message);
    // One that was refused has taken nothing.
    throws(again, ConfigError);
    same(await cache.wrap(async (id: number) => `of another: ${id}`, { name: "another.load" })(1), "of another: 1");
    same(await load(1), "of one module: 1");
  },
  "views and caches have names of their own, and reuse says that two are one function": async () => {
    const cache = createCache();
    const one = cache.wrap(async () => "one", { name: "f" });
    const other = cache.namespace("n").wrap(async () => "other", { name: "f" });
    const third = createCache().wrap(async () => "third", { name: "f" });
    equal([await one(), await other(), await third()], ["one", "other", "third"]);
    const same1 = cache.wrap(async () => "not run", { name: "f", reuse: true });
    same(await same1(), "one");
    throws(() => cache.namespace("n").wrap(async () => "other", { name: "f" }), ConfigError);
  },
  "names are bounded, and a function that may be wrapped again may be wrapped for any number of tenants": async () => {
    const cache = createCache();
    const wrapFor = (tenant: number, reuse: boolean) =>
      cache.namespace(`${tenant}`).wrap(async () => tenant, { name: "f", reuse });
    for (let tenant = 0; tenant < 10_000; tenant++) wrapFor(tenant, true);
    throws(() => wrapFor(10_000, false), ConfigError);
    for (const _ of [1, 2]) same(await wrapFor(10_001, true)(), 10_001);
    same(await wrapFor(1, true)(), 1);
  },
  "an anonymous function needs a name; where a tier is shared or outlives the process every function does":
    async () => {
      const cache = createCache();
      same((throws(() => cache.wrap(async () => 1), ConfigError) as ConfigError).option, "name");
      throws(() => cache.wrap(async () => 1, { name: "" }), ConfigError);
      throws(() => cache.wrap(async () => 1, { name: 5 as never }), ConfigError);
      const lasting = createCache({ tiers: [memory(), mapTier({ data: mapData() })] });
      const named = async function a(): Promise<number> {
        return 1;
      };
      const { message } = throws(() => lasting.wrap(named), ConfigError);
      ok(message.includes("outlives the process"), message);
      same(await lasting.wrap(named, { tiers: ["memory"] })(), 1);
      same(await lasting.wrap(named, { name: "b" })(), 1);
    },
  "what is no function, or gives what can be used once, is refused, and so is a wrong option": () => {
    const cache = createCache();
    const wrong = (fn: unknown, options: object, option: string): void => {
      same((throws(() => cache.wrap(fn as never, options), ConfigError) as ConfigError).option, option);
    };
    wrong(undefined, {}, "fn");
    wrong("f", { name: "f" }, "fn");
    wrong(function* f() {}, {}, "fn");
    wrong(async function* f() {}, {}, "fn");
    const f = async (): Promise<void> => {};
    wrong(f, { key: "k" }, "key");
    wrong(f, { ttl: "soon" }, "ttl");
    wrong(f, { tiers: ["disk"] }, "tier");
    wrong(f, { tiers: [] }, "tiers");
    for (const maxEntries of [0, 1.5, Number.NaN, "5", true])
      wrong(f, { maxEntries: maxEntries as never }, "maxEntries");
    wrong(f, { instance: "own" }, "instance");
    for (const option of ["schema", "validate", "shouldCache"]) wrong(f, { [option]: 5 }, option);
    wrong(f, { schema: { "~standard": {} } }, "schema");
    wrong(f, { onKeyError: "ignore" }, "onKeyError");
    wrong(f, { scope: "user" }, "scopes");
    for (const excludeArgs of ["x", 5, ["0"], [-1], [0.5], null]) wrong(f, { excludeArgs }, "excludeArgs");
    for (const tiers of ["memory", 5, {}, null]) wrong(f, { tiers }, "tiers");
    wrong(f, { excludeProps: 5 }, "excludeProps");
    for (const options of [null, 5, "x"]) wrong(f, options as never, "options");
    const { message } = throws(() => cache.wrap(f, { onKeyError: "x" as never }), ConfigError);
    ok(message.includes("one of throw, bypass:"), message);
    const told = throws(() => cache.wrap(f, { name: "told" }).with({ mode: "x" as never }), ConfigError);
    ok(told.message.includes("one of bypass, refresh:"), told.message);
    // None of them has taken the name.
    cache.wrap(f);
    // Nor do functions without a cache take them.
    for (const make of [memoize, memoizeSync] as ((fn: () => unknown, options: object) => unknown)[]) {
      for (const [option, value] of Object.entries({ excludeArgs: 5, excludeProps: 5, instance: 5, key: 5 })) {
        const error = throws(() => make(f, { [option]: value }), ConfigError) as ConfigError;
        same(error.option, option);
      }
      throws(() => make(f, null as never), ConfigError);
    }
  },
  "an object that cannot be a key is refused, with its place, or the call goes without the cache": async () => {
    class Session {
      user = 1;
    }
    const cache = createCache();
    const errors: CacheEvents["error"][] = [];
    cache.on("error", (event) => errors.push(event));
    const { fn, calls } = counted((session: { session: Session }) => session.session.user);
    const strict = cache.wrap(fn, { name: "strict" });
    const { message } = await rejects(strict({ session: new Session() }), KeyError);
    ok(message.includes("args[0].session of strict"), message);
    same(calls.length, 0);
    const lenient = cache.wrap(fn, { name: "lenient", onKeyError: "bypass" });
    for (const _ of [1, 2]) same(await lenient({ session: new Session() }), 1);
    same(calls.length, 2);
    equal(
      errors.map(({ operation }) => operation),
      ["key", "key"],
    );
    ok(errors[0]!.error instanceof KeyError);
    throws(() => lenient.keyFor({ session: new Session() }), KeyError);
    await rejects(lenient.invalidate({ session: new Session() }), KeyError);
    const keyless = cache.wrap(fn, { name: "keyless", key: () => undefined as never, onKeyError: "bypass" });
    same(await keyless({ session: new Session() }), 1);
    same(calls.pop()?.length, 1);
    const excluded = cache.wrap(fn, { name: "excluded", excludeArgs: [0] });
    for (const _ of [1, 2]) same(await excluded({ session: new Session() }), 1);
    same(calls.length, 3);
    const without = cache.wrap(fn, { name: "without", excludeProps: ["session"] });
    for (const _ of [1, 2]) same(await without({ session: new Session() }), 1);
    same(calls.length, 4);
  },
  "two users whose requests differ in an object never receive each other's data": async () => {
    class Request {
      readonly user: string;
      constructor(user: string) {
        this.user = user;
      }
      toJSON(): string {
        return "[request]";
      }
      toString(): string {
        return "[request]";
      }
    }
    const cache = createCache();
    const profile = cache.wrap(async (request: Request) => `profile of ${request.user}`, { name: "profile" });
    await rejects(profile(new Request("ada")), KeyError);
    const keyed = cache.wrap(async (request: Request) => `profile of ${request.user}`, {
      name: "keyed",
      key: ({ user }) => user,
    });
    equal(await Promise.all(["ada", "bob", "ada"].map((user) => keyed(new Request(user)))), [
      "profile of ada",
      "profile of bob",
      "profile of ada",
    ]);
  },
  "two objects of a class never share results by accident": async () => {
    class Repository {
      readonly table: string;
      constructor(table: string) {
        this.table = table;
      }
      async find(id: number): Promise<string> {
        return `${this.table}:${id}`;
      }
    }
    const cache = createCache();
    class Careless extends Repository {}
    Careless.prototype.find = cache.wrap(Repository.prototype.find, { name: "careless" });
    const error = await rejects(new Careless("users").find(1), KeyError);
    ok(error.message.includes("instance"), error.message);
    class Told extends Repository {}
    Told.prototype.find = cache.wrap(Repository.prototype.find, {
      name: "told",
      instance: ({ table }: Repository) => table,
    });
    const [users, orders, others] = [new Told("users"), new Told("orders"), new Told("users")];
    equal([await users.find(1), await orders.find(1), await others.find(1)], ["users:1", "orders:1", "users:1"]);
    same((await (users.find as never as { info(): Promise<{ hits: number }> }).info()).hits, 1);
    // A function that has no this of its own, or that is told, may be anybody's.
    const api = { one: cache.wrap(async (id: number) => id, { name: "one" }), [Symbol.toStringTag]: "api" };
    same(await api.one(1), 1);
    class Service {
      one = api.one;
    }
    same(await new Service().one(1), 1);
  },
  "arrow functions are known by how they begin, whatever their parameters are": async () => {
    // As they stand in sources of all kinds, minified, compiled or with comments.
    const arrows = [
      "async (id, now = Date.now()) => id",
      "async({id},[a=f(1)]=[])=>id",
      "async id=>id",
      "id => id",
      "$=>$",
      "async /* of (one) */ (id /* ) */, at = () => 1) => id",
      "id /* one */ => id",
      "async(id)=>this.db(id)",
      "(id_1, ...args_1) => __awaiter(this, [id_1, ...args_1], void 0, function* (id, now = Date.now()) { return id; })",
    ];
    const others = [
      "function(id){return this.db(id)}",
      "async function find(id, now = f(() => 1)) { return id; }",
      "function (id) { return __awaiter(this, void 0, void 0, function* () { return (() => this.db)(); }); }",
      "async find(id, at = (a) => 1) { return id; }",
      "find(id, f = a => a) { return id; }",
      "async(id, f = a => a) { return id; }",
      '["a=>"](id) { return id; }',
      '"(a)=>"(id) { return id; }',
      "async #find(id) { return id; }",
    ];
    for (const source of arrows) ok(isArrow(source, "find"), source);
    for (const source of others) ok(!isArrow(source, source.startsWith("async(") ? "async" : "find"), source);
    const cache = createCache();
    const find = cache.wrap(async (id: number, now = Date.now()) => id + now * 0, { name: "find" });
    class Service {
      find = find;
      // biome-ignore format: as it may stand in a source.
      sum = memoizeSync(/* of (one */ (id: number, now = Date.now()) /* is */ => id + now * 0);
    }
    same(await new Service().find(1), 1);
    same(new Service().sum(1), 1);
  },
  "a refused call tells the name that the function was given": async () => {
    // Functions that have a this, and look at it.
    const look = () =>
      function (this: unknown) {
        return this;
      };
    const wrapped = createCache().wrap(look(), { name: "Users.find" });
    class Users {
      find = wrapped;
      sum = memoizeSync(look());
    }
    const { message } = await rejects(new Users().find(), KeyError);
    ok(message.startsWith("Cannot call Users.find "), message);
    const sum = throws(() => new Users().sum(), KeyError);
    ok(sum.message.startsWith("Cannot call the function "), sum.message);
  },
  "plain objects share results, unless an instance tells them apart": async () => {
    const cache = createCache();
    async function find(this: { table: string }, id: number) {
      return `${this.table}:${id}`;
    }
    const shared = cache.wrap(find, { name: "shared" });
    equal(
      [await shared.call({ table: "users" }, 1), await shared.call({ table: "orders" }, 1)],
      ["users:1", "users:1"],
    );
    const told = cache.wrap(find, { name: "told", instance: ({ table }: { table: string }) => table });
    equal([await told.call({ table: "users" }, 1), await told.call({ table: "orders" }, 1)], ["users:1", "orders:1"]);
  },
  "helpers of one object": async () => {
    const cache = createCache();
    class Repository {
      readonly table: string;
      constructor(table: string) {
        this.table = table;
      }
    }
    const find = cache.wrap(
      async function (this: Repository, id: number) {
        return `${this.table}:${id}`;
      },
      { name: "find", instance: ({ table }: Repository) => table },
    );
    const [users, orders] = [new Repository("users"), new Repository("orders")];
    const ofUsers = find.for(users);
    same(await ofUsers(1), "users:1");
    same(await find.call(orders, 1), "orders:1");
    equal([await ofUsers.has(1), await find.for(orders).has(1)], [true, true]);
    same(await ofUsers.invalidateMatching(1), 1);
    equal([await ofUsers.has(1), await find.for(orders).has(1)], [false, true]);
    await ofUsers.set([2], "set");
    same(await find.call(users, 2), "set");
    same(await ofUsers.refresh(2), "users:2");
    same(await find.call(users, 2), "users:2");
    same(await ofUsers.with({ mode: "bypass" })(3), "users:3");
    equal(ofUsers.keyFor(1), '(this "users",1)');
    equal([ofUsers.name, ofUsers.length], [find.name, find.length]);
  },
});
