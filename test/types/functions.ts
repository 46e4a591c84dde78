import type { Cache, FunctionInfo, Key, MemoizedSync, MemoStats, Wrapped } from "../../mod.ts";
import {
  cached,
  cachedMember,
  cachedSync,
  createCache,
  defineScopes,
  ignored,
  memoize,
  memoizeSync,
} from "../../mod.ts";
import { claim, type Same } from "./exact.ts";

interface User {
  readonly id: number;
  readonly name: string;
}
declare const findUser: (id: number, options?: { deleted: boolean }) => Promise<User>;
const cache = createCache();

// An asynchronous function keeps its type, and its helpers have its arguments and result.
{
  const find = cache.wrap(findUser, { name: "find" });
  claim<Same<typeof find, Wrapped<typeof findUser>>>();
  const user = await find(1, { deleted: true });
  claim<Same<typeof user, User>>();
  const found = await find.get(1);
  claim<Same<typeof found, User | undefined>>();
  const refreshed = await find.refresh(1);
  claim<Same<typeof refreshed, User>>();
  const had = await find.invalidate(1);
  claim<Same<typeof had, boolean>>();
  const count = await find.invalidateMatching(1);
  claim<Same<typeof count, number>>();
  await find.invalidateMatching();
  const key = find.keyFor(1);
  claim<Same<typeof key, Key>>();
  const info = await find.info();
  claim<Same<typeof info, FunctionInfo>>();
  await find.set([1], { id: 1, name: "Ada" });
  const later = find.with({ mode: "refresh", ttl: "5m", signal: new AbortController().signal });
  claim<Same<typeof later, typeof findUser>>();
  claim<Same<typeof find.original, typeof findUser>>();
  const plain: (id: number) => Promise<User> = find;
  plain(1);
  // @ts-expect-error an id is a number
  find("1");
  // @ts-expect-error an id is needed
  find();
  // @ts-expect-error nothing more is taken
  find.get(1, { deleted: true }, 2);
  // @ts-expect-error a result is a user
  find.set([1], { id: 1 });
  // @ts-expect-error arguments are a list
  find.set(1, { id: 1, name: "Ada" });
  // @ts-expect-error there is no such mode
  find.with({ mode: "skip" });
}

// One that answers at once gives a promise.
{
  const double = cache.wrap((n: number) => n * 2, { name: "double" });
  const four = double(2);
  claim<Same<typeof four, Promise<number>>>();
  const found = await double.get(2);
  claim<Same<typeof found, number | undefined>>();
  const identity = cache.wrap(<T>(x: T) => x, { name: "identity" });
  const whatever = await identity(2);
  claim<Same<typeof whatever, unknown>>();
  const maybe = cache.wrap((n: number): number | Promise<number> => n, { name: "maybe" });
  const later = maybe(1);
  claim<Same<typeof later, Promise<number>>>();
}

// Type parameters and overloads survive.
{
  const first = cache.wrap(async <T>(items: readonly T[]) => items[0], { name: "first" });
  const text = await first(["a"]);
  claim<Same<typeof text, string | undefined>>();
  const number = await first([1]);
  claim<Same<typeof number, number | undefined>>();
  function get(id: number): Promise<User>;
  function get(name: string): Promise<User[]>;
  async function get(_: number | string): Promise<User | User[]> {
    return [];
  }
  const either = cache.wrap(get, { name: "either" });
  const one = await either(1);
  claim<Same<typeof one, User>>();
  const many = await either("Ada");
  claim<Same<typeof many, User[]>>();
}

// So does `this`.
{
  const method = cache.wrap(
    async function (this: { table: string }, id: number) {
      return `${this.table}:${id}`;
    },
    { name: "method", instance: "shared" },
  );
  const text = await method.call({ table: "users" }, 1);
  claim<Same<typeof text, string>>();
  // @ts-expect-error this is needed
  method(1);
  const bound = await method.for({ table: "users" })(1);
  claim<Same<typeof bound, string>>();
}

// Functions among the options are told of result and arguments.
cache.wrap(findUser, {
  name: "told",
  ttl: (user, args) => {
    claim<Same<typeof user, User>>();
    claim<Same<typeof args, Parameters<typeof findUser>>>();
    return user.id;
  },
  tags: ({ name }, [id]) => [name, String(id)],
  shouldCache: ({ name }, [id]) => name !== "" && id > 0,
  validate: ({ value, age, createdAt }, [id]) => value.id === id && age + createdAt > 0,
  key: (id, options) => {
    claim<Same<typeof id, number>>();
    return ["user", id, options?.deleted ?? false];
  },
  instance: (self: { table: string }) => self.table,
  tiers: ["memory"],
  grace: "1h",
  excludeArgs: [1],
  excludeProps: ["at"],
});
// @ts-expect-error a key is a string or a list
cache.wrap(findUser, { key: (id) => id });
// @ts-expect-error positions are numbers
cache.wrap(findUser, { excludeArgs: ["options"] });
// @ts-expect-error isolated objects are for decorators
cache.wrap(findUser, { instance: "isolated" });
// @ts-expect-error there is no such option
cache.wrap(findUser, { expires: 5 });
// @ts-expect-error only functions are wrapped
cache.wrap({ find: findUser });

// Scopes: the level is one of the cache's, and the ids are those that it takes.
{
  const scopes = defineScopes({ organization: { param: "orgId", children: { user: { param: "userId" } } } });
  const tenants = createCache({ scopes });
  const load = tenants.wrap(async (id: number, orgId: string) => ({ id, orgId }), {
    name: "load",
    scope: "user",
    from: (id, orgId) => {
      claim<Same<[typeof id, typeof orgId], [number, string]>>();
      return { userId: id, orgId };
    },
  });
  const loaded = await load(1, "acme");
  claim<Same<typeof loaded, { id: number; orgId: string }>>();
  tenants.wrap(findUser, { scope: "organization.user", from: (id) => ({ orgId: "a", userId: id }) });
  tenants.scope("organization", { orgId: "a" }).wrap(findUser, { scope: "user", from: (id) => ({ userId: id }) });
  // @ts-expect-error there is no such level
  tenants.wrap(findUser, { scope: "team", from: (id: number) => ({ orgId: "a", userId: id }) });
  // @ts-expect-error an id is missing
  tenants.wrap(findUser, { scope: "user", from: (id: number) => ({ userId: id }) });
  // @ts-expect-error from is needed
  tenants.wrap(findUser, { scope: "user" });
  // @ts-expect-error the cache has no scopes
  cache.wrap(findUser, { scope: "user", from: (id: number) => ({ userId: id }) });
}

// Memoized functions.
{
  const find = memoize(findUser, { ttl: "5m", maxEntries: 5, tags: ({ name }) => [name] });
  const user = await find(1);
  claim<Same<typeof user, User>>();
  const had = await find.delete(1);
  claim<Same<typeof had, boolean>>();
  claim<Same<ReturnType<typeof find.stats>, ReturnType<Cache["stats"]>>>();
  // @ts-expect-error it has no other tiers
  memoize(findUser, { tiers: ["memory"] });

  const pad = (text: string, length = 5): string => text.padEnd(length);
  const padded = memoizeSync(pad, { ttl: (value, [text]) => value.length + text.length });
  claim<Same<typeof padded, MemoizedSync<typeof pad>>>();
  const text = padded("a");
  claim<Same<typeof text, string>>();
  claim<Same<ReturnType<typeof padded.stats>, MemoStats>>();
  const gone = padded.delete("a", 5);
  claim<Same<typeof gone, boolean>>();
  const first = memoizeSync(<T>(items: readonly T[]) => items[0]);
  const item = first([1]);
  claim<Same<typeof item, number | undefined>>();
  // @ts-expect-error text is needed
  padded(5);
  // @ts-expect-error there is no such option
  memoizeSync(pad, { swr: 5 });
}

// Decorators leave the class as it is.
{
  class Users {
    readonly table: string = "users";
    @cached(cache, { name: "Users.find", ttl: "5m", instance: (self: Users) => self.table })
    async find(id: number): Promise<User> {
      return { id, name: "Ada" };
    }
    @cached(cache)
    get first(): Promise<User> {
      return this.find(1);
    }
    @cached(cache, { instance: "shared" })
    static async all(): Promise<User[]> {
      return [];
    }
    @cachedSync({ maxEntries: 5 })
    path(id: number): string {
      return `${this.table}/${id}`;
    }
    @cachedSync()
    get root(): string {
      return "/";
    }
  }
  const users = new Users();
  const user = await users.find(1);
  claim<Same<typeof user, User>>();
  claim<Same<typeof users.first, Promise<User>>>();
  claim<Same<typeof users.root, string>>();
  const found = await cachedMember(users, "find").get(1);
  claim<Same<typeof found, User | undefined>>();
  const first = await cachedMember(users, "first").get();
  claim<Same<typeof first, User | undefined>>();
  const had = cachedMember(users, "path").delete(1);
  claim<Same<typeof had, boolean>>();
  const all = await cachedMember(Users, "all").refresh();
  claim<Same<typeof all, User[]>>();
  // @ts-expect-error there is no such member
  cachedMember(users, "missing");
  class Wrong {
    // @ts-expect-error it answers at once, which a cache cannot
    @cached(cache)
    at(): number {
      return 1;
    }
  }
  new Wrong();
}

// Conditions of the core.
{
  const schema = { "~standard": { version: 1 as const, vendor: "test", validate: (_: unknown) => ({ value: 5 }) } };
  const fitted = await cache.get("k", { schema });
  claim<Same<typeof fitted, number | undefined>>();
  const loaded = await cache.getOrSet("k", () => "text", { schema, tags: (text) => [text.trim()] });
  claim<Same<typeof loaded, number>>();
  const once = cache.sync.getOrSet("k", () => "text", { schema });
  claim<Same<typeof once, number>>();
  const user = await cache.getOrSet("k", () => findUser(1), {
    shouldCache: ({ name }, { key }) => name !== key,
    validate: ({ value, age }) => value.name !== "" && age < 5,
  });
  claim<Same<typeof user, User>>();
  await cache.get<User>("k", { validate: ({ value }) => value.id > 0 });
  await cache.set("k", 1, { shouldCache: (value) => value > 0 });
  // @ts-expect-error set serves nothing
  await cache.set("k", 1, { validate: () => true });
}

// A schema that makes something else of what is loaded: callers get that, while what is loaded is what is stored.
{
  interface Row {
    readonly id: number;
    readonly born: string;
  }
  interface Person {
    readonly id: number;
    readonly born: Date;
  }
  const schema = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (row: unknown) => ({ value: { id: (row as Row).id, born: new Date((row as Row).born) } as Person }),
    },
  };
  const findRow = async (id: number): Promise<Row> => ({ id, born: "1815-12-10" });
  const find = cache.wrap(findRow, {
    name: "fitted",
    schema,
    ttl: ({ born }, [id]) => born.length + id,
    tags: ({ born }) => [born],
    shouldCache: ({ born }) => born !== "",
    validate: ({ value }) => value.born.getTime() > 0,
  });
  const person = await find(1);
  claim<Same<typeof person, Person>>();
  const found = await find.get(1);
  claim<Same<typeof found, Person | undefined>>();
  const refreshed = await find.refresh(1);
  claim<Same<typeof refreshed, Person>>();
  const later = await find.with({ mode: "refresh" })(1);
  claim<Same<typeof later, Person>>();
  const bound = await find.for({})(1);
  claim<Same<typeof bound, Person>>();
  await find.set([1], { id: 1, born: "1815-12-10" });
  // @ts-expect-error what is stored is what is loaded
  await find.set([1], person);
  // @ts-expect-error an id is a number
  find("1");
  // @ts-expect-error there is no such option
  cache.wrap(findRow, { schema, expires: 5 });
  const memo = memoize(findRow, { schema, maxEntries: 5 });
  const remembered = await memo(1);
  claim<Same<typeof remembered, Person>>();
  const gone = await memo.delete(1);
  claim<Same<typeof gone, boolean>>();
  const tenants = createCache({ scopes: defineScopes({ organization: { param: "orgId" } }) });
  const bounded = tenants.wrap(findRow, { schema, scope: "organization", from: () => ({ orgId: "acme" }) });
  const tenant = await bounded(1);
  claim<Same<typeof tenant, Person>>();
  const many = await cache.getOrSetMany(["a", "b"], async (keys) => keys.map(() => ({ id: 1, born: "" })), { schema });
  claim<Same<typeof many, Map<"a" | "b", Person>>>();
  const manyNow = cache.sync.getOrSetMany(["a"], () => [{ id: 1, born: "" }], {
    schema,
    tags: ({ born }) => [born],
    validate: ({ value }) => value.born.getTime() > 0,
  });
  claim<Same<typeof manyNow, Map<"a", Person>>>();
  // One that leaves the type as it is leaves the function as it is.
  const same = {
    "~standard": { version: 1 as const, vendor: "test", validate: (row: unknown) => ({ value: row as Row }) },
  };
  const kept = cache.wrap(findRow, { name: "kept", schema: same });
  claim<Same<typeof kept, Wrapped<typeof findRow>>>();
}

const logger = { [ignored]: true };
claim<Same<typeof logger, { [ignored]: boolean }>>();
