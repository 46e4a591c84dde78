/**
 * Cached functions as their users see them.
 *
 * @module
 */
import type { Duration } from "../duration.ts";
import type { Key } from "../key.ts";
import type { CallOptions, Candidate, LoadOptions } from "../options.ts";
import type { StandardSchema } from "../schema.ts";
import type { ScopeIds } from "../scope/types.ts";
import type { Counters } from "../stats.ts";

/** Any function. */
// biome-ignore lint/suspicious/noExplicitAny: nothing else takes every function.
export type AnyFunction = (this: any, ...args: any[]) => any;

/** What a function gives, or its promise becomes. */
export type ResultOf<F extends AnyFunction> = Awaited<ReturnType<F>>;

/** Whose entries a call finds that is made on an object: everybody's, or those of all objects with the same key. */
// biome-ignore lint/suspicious/noExplicitAny: the class is not known.
export type Instance = "shared" | ((self: any) => Key);

/** What the key of a call is made of. */
export interface KeyOptions<F extends AnyFunction = AnyFunction> {
  /** The key of a call. Default: its arguments, see docs/functions.md. */
  key?: ((...args: Parameters<F>) => Key) | undefined;
  /** Positions of arguments that are no part of the key, from 0. Default none. */
  excludeArgs?: readonly number[] | undefined;
  /** Names of properties that are no part of the key, in whatever argument and depth. Default none. */
  excludeProps?: readonly string[] | undefined;
  /**
   * Whose entries a call finds that is made on an object. `"isolated"`: its own alone, in this process and in tiers that no other
   * sees. `"shared"`: everybody's. A function: those of all objects with the same key. Default of decorators: `"isolated"`. Default of
   * `wrap` and `memoize`: `"shared"`, but for an object of a class a `KeyError`.
   */
  instance?: Instance | undefined;
}

/** Options of `cache.wrap`. Functions of a value are told the arguments of the call as well. */
export interface WrapOptions<F extends AnyFunction = AnyFunction>
  extends KeyOptions<F>,
    Omit<LoadOptions, "signal" | "ttl" | "tags" | "shouldCache" | "validate" | "schema"> {
  /**
   * Name of the function, under which its entries are found again. No two functions of a cache have the same. Default: the function's
   * own; anonymous ones have none, and where a tier is shared or outlives the process it has to be given, as a minifier changes names.
   */
  name?: string | undefined;
  /** The name may be that of another function, which is the same one: a module that is loaded twice. Without it a cache takes at most 10,000 functions. Default `false`. */
  reuse?: boolean | undefined;
  /** Time to live, or a function of the result. Default: the cache's. */
  ttl?: Duration | ((value: ResultOf<F>, args: Parameters<F>) => Duration) | undefined;
  /** Tags, which are those of the namespace `fn:NAME`, or a function of the result. */
  tags?: readonly string[] | ((value: ResultOf<F>, args: Parameters<F>) => readonly string[]) | undefined;
  /** Whether a result is stored. Default: each is, `undefined` too. */
  shouldCache?: ((value: ResultOf<F>, args: Parameters<F>) => boolean) | undefined;
  /** Whether a hit may be served; one that may not is a miss. Default: each may. */
  validate?: ((entry: Candidate<ResultOf<F>>, args: Parameters<F>) => boolean | Promise<boolean>) | undefined;
  /** Schema that hits and results must fit; callers get what it gives back. */
  schema?: StandardSchema<ResultOf<F>> | undefined;
  /** Names of the tiers that results are kept in. Default: all. */
  tiers?: readonly string[] | undefined;
  /** Most entries of this function, of those that this process has stored; the one that was used least lately gives way. Default: no bound but the tiers'. */
  maxEntries?: number | undefined;
  /** What a call does whose arguments cannot be a key or whose scope cannot be told: reject, or run without the cache. Default `"throw"`. */
  onKeyError?: "throw" | "bypass" | undefined;
}

/** {@linkcode WrapOptions} with a schema that makes of results (`F`'s) what callers get (`V`). What is stored is what the function gives. */
export interface FittedWrapOptions<F extends AnyFunction, V> extends Omit<WrapOptions<F>, "schema" | "validate"> {
  schema: StandardSchema<V>;
  /** See {@linkcode WrapOptions.validate}. */
  validate?: ((entry: Candidate<V>, args: Parameters<F>) => boolean | Promise<boolean>) | undefined;
}

/** A function with the results that a schema makes of its own. */
export type Fitted<F extends AnyFunction, V> = (this: ThisParameterType<F>, ...args: Parameters<F>) => Promise<V>;

/** Keeps the results of each tenant in a scope of its own. */
export interface ScopeBinding<F extends AnyFunction, T, L, Known extends string> {
  /** Level of the scope: a name or a dotted path. */
  scope: L;
  /** The ids of the scope, from the arguments of the call or from a context such as an `AsyncLocalStorage`. */
  from(...args: Parameters<F>): ScopeIds<T, L, Known>;
}

/** How a single call is made. */
export interface WithOptions extends CallOptions {
  /** `"bypass"`: without the cache. `"refresh"`: as {@linkcode FunctionHelpers.refresh}. Default: neither. */
  mode?: "bypass" | "refresh" | undefined;
  /** Time to live of what the call stores. */
  ttl?: Duration | undefined;
}

/** Numbers of a cached function. Counts are since the start or the last `resetStats()` of the cache. */
export interface FunctionInfo extends Counters {
  name: string;
  /** Live entries. */
  size: number;
}

/**
 * What a cached function can do besides being called.
 *
 * @typeParam F the function as it is called
 * @typeParam O the function itself: another than `F` where a schema makes something else of its results
 */
export interface FunctionHelpers<F extends AnyFunction = AnyFunction, O extends AnyFunction = F> {
  /** The cached result of a call, or `undefined`: the function does not run. */
  get(...args: Parameters<F>): Promise<ResultOf<F> | undefined>;
  /** Stores the result of a call as if the function had given it. */
  set(args: Parameters<F>, value: ResultOf<O>): Promise<void>;
  /** Whether there is a fresh result. */
  has(...args: Parameters<F>): Promise<boolean>;
  /** Removes the result of a call; whether there was one. */
  invalidate(...args: Parameters<F>): Promise<boolean>;
  /** Removes the results of all calls whose first arguments are these; how many. Its time grows with the number of entries. @throws {ConfigError} where `key` makes the keys */
  invalidateMatching(...args: Partial<Parameters<F>>): Promise<number>;
  /** Makes the result of a call stale, so that `grace` and `swr` may serve it while it is made anew; whether there was one. */
  expire(...args: Parameters<F>): Promise<boolean>;
  /** Runs the function and stores its result. Where it fails, the old result stays, and the failure is the caller's. */
  refresh(...args: Parameters<F>): Promise<ResultOf<F>>;
  /** Removes all results. */
  clear(): Promise<void>;
  /** The key of a call, in the namespace `fn:NAME`. @throws {KeyError} naming the argument that cannot be part of one */
  keyFor(...args: Parameters<F>): Key;
  /** Numbers of the function. */
  info(): Promise<FunctionInfo>;
  /** The same function, called in another way. */
  with(options: WithOptions): Callable<F>;
  /** The same, of one object: its helpers concern the entries of that object, but for `clear` and `info`, which concern all. */
  for(self: object): Wrapped<OmitThisParameter<F>, OmitThisParameter<O>>;
  /** The function itself. */
  readonly original: O;
  /** Its options, with the name. */
  readonly options: Readonly<Omit<WrapOptions<O>, "schema" | "validate"> & Pick<WrapOptions<F>, "schema" | "validate">>;
}

/** A function that answers with a promise: the same, overloads and type parameters included. One that does not, with a promise of its result. */
export type Callable<F extends AnyFunction> =
  ReturnType<F> extends Promise<unknown>
    ? F
    : (this: ThisParameterType<F>, ...args: Parameters<F>) => Promise<ResultOf<F>>;

/** A cached function; with another `O` one whose results a schema has made of those of that. */
export type Wrapped<F extends AnyFunction = AnyFunction, O extends AnyFunction = F> = Callable<F> &
  FunctionHelpers<F, O>;
