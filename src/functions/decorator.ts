/**
 * Decorators for methods, static methods and getters, by the standard (TC39 stage 3, TypeScript 5).
 *
 * ```ts
 * import { cached, createCache } from "tiercel";
 *
 * const cache = createCache();
 * class Users {
 *   @cached(cache, { ttl: "5m" })
 *   async find(id: number): Promise<string> {
 *     return `user ${id}`;
 *   }
 * }
 * ```
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { invalid, KeyError, mustBe } from "../errors.ts";
import { type MemoizedSync, type MemoizeSyncOptions, memoizeSync } from "./memoize-sync.ts";
import type { AnyFunction, Instance, WrapOptions, Wrapped } from "./types.ts";

/** The context of a decorated method, static method or getter. */
// biome-ignore lint/suspicious/noExplicitAny: of any class.
export type MemberContext = ClassMethodDecoratorContext<any, any> | ClassGetterDecoratorContext<any, any>;

/** Whose results a member of an object finds. Default `"isolated"`. */
export interface MemberOptions {
  /**
   * `"isolated"`: those of its own object alone, in this process and in tiers that no other sees. `"shared"`: everybody's. A function:
   * those of all objects with the same key.
   */
  instance?: "isolated" | Instance | undefined;
}

/** Options of {@linkcode cached}. */
// biome-ignore lint/suspicious/noExplicitAny: what is decorated is not known yet.
export type CachedOptions = Omit<WrapOptions<(...args: any[]) => any>, "instance"> & MemberOptions;

/** Any cache, whatever its scopes and tiers. */
// biome-ignore lint/suspicious/noExplicitAny: as it says.
type AnyCache = Pick<Cache<any, any, any>, "wrap" | "stats" | "tier">;

/**
 * Decorates a method, static method or getter that answers with a promise: its results are kept in a cache, as those of
 * `cache.wrap`. Two objects never share them unless told, and neither do a class and its heirs, whose static methods are
 * called on different classes.
 *
 * @throws {ConfigError} naming the option that is wrong: `instance`, where results of isolated objects have no tier that nobody else sees
 */
export function cached(
  cache: AnyCache,
  options: CachedOptions = {},
  // biome-ignore lint/suspicious/noExplicitAny: every asynchronous member.
): <F extends (this: any, ...args: any[]) => Promise<any>>(member: F, context: MemberContext) => F {
  return (member, context) => {
    check(context);
    const { instance = "isolated", ...rest } = options;
    const own = instance === "isolated" ? { instance: idOf, tiers: privateTiers(cache, rest.tiers) } : { instance };
    return cache.wrap(member as AnyFunction, { ...rest, ...own }) as never;
  };
}

/**
 * The same for a member that answers at once: it remembers its results as `memoizeSync` does. Isolated objects have 1,000
 * results each, which go with them.
 */
export function cachedSync(
  // biome-ignore lint/suspicious/noExplicitAny: what is decorated is not known yet.
  options: Omit<MemoizeSyncOptions<(...args: any[]) => any>, "instance"> & MemberOptions = {},
): <F extends AnyFunction>(member: F, context: MemberContext) => F {
  return (member, context) => {
    check(context);
    const { instance = "isolated", ...rest } = options;
    if (instance !== "isolated") return memoizeSync(member, { ...(rest as object), instance });
    const { key } = rest;
    const make = (self: object): AnyFunction =>
      memoizeSync(member.bind(self), typeof key === "function" ? { ...rest, key: key.bind(self) } : rest);
    // Wrong options throw now.
    make({});
    const memos = new WeakMap<object, AnyFunction>();
    const of = (self: object): AnyFunction => {
      let memo = memos.get(self);
      if (!memo) memos.set(object(self), (memo = make(self)));
      return memo;
    };
    const { name, length } = member;
    const face = function (this: object, ...args: unknown[]) {
      return of(this)(...args);
    };
    Object.defineProperties(face, {
      name: { value: name },
      length: { value: length },
      for: { value: of },
      original: { value: member },
    });
    return face as never;
  };
}

/** What a member of an object can do besides being called: of a getter, that of a function without arguments. */
export type CachedMember<M, F extends AnyFunction = M extends AnyFunction ? M : () => M> =
  ReturnType<F> extends Promise<unknown> ? Wrapped<F> : MemoizedSync<F>;

/**
 * The helpers of a decorated member, for one object: `cachedMember(users, "find").invalidate(42)`. Of one that answers with promises `clear`
 * and `info` concern all objects.
 *
 * @throws {ConfigError} when the member is not decorated
 */
export function cachedMember<T extends object, K extends keyof T>(self: T, name: K): CachedMember<T[K]> {
  let owner: object | null = self;
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const { value, get } = (owner && Object.getOwnPropertyDescriptor(owner, name)) ?? {};
  const member: Partial<Wrapped & MemoizedSync> | undefined = value ?? get;
  if (!member?.original) throw invalid("name", "that of a member decorated by cached or cachedSync", String(name));
  return member.for!(self) as never;
}

/** Of decorators as TypeScript had them before the standard there is no context. */
function check(context: MemberContext): void {
  if (context?.kind !== "method" && context?.kind !== "getter")
    throw invalid(
      "decorator",
      "on a method or getter, without experimentalDecorators",
      (context as MemberContext | undefined)?.kind,
    );
}

function object(self: unknown): object {
  if (Object(self) !== self) throw new KeyError(mustBe("this", "an object", self));
  return self as object;
}

/** Objects in the order of their first call. */
const ids = /* @__PURE__ */ new WeakMap<object, string>();
let latest = 0;

function idOf(self: unknown): string {
  let id = ids.get(object(self));
  if (id === undefined) ids.set(self as object, (id = `#${++latest}`));
  return id;
}

/** Objects are of this process, and so is what is kept for them. */
function privateTiers(cache: AnyCache, wanted: readonly string[] | undefined): readonly string[] {
  const all = cache.stats().tiers.map(({ name }) => name);
  const own = all.filter((name) => {
    const { shared, durable } = cache.tier(name).capabilities;
    return !shared && !durable && (wanted?.includes(name) ?? true);
  });
  if (own.length < (wanted?.length ?? 1))
    throw invalid("instance", '"shared" or a function, where a tier is shared or outlives the process', "isolated");
  return own;
}
