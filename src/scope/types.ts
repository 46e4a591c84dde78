/**
 * Scopes as their users see them, and what the core asks of them.
 *
 * @module
 */
import type { AnyOptions, FunctionPlace, Inside } from "../functions/place.ts";
import type { CallOptions } from "../options.ts";
import type { Space } from "../space.ts";
import type { InvalidationMode, MaybePromise } from "../tier.ts";
import type { Verbs } from "../verbs/verbs.ts";

/**
 * Says which tenant, user or region. A number stands for its decimal digits, so `42`, `42n` and `"42"` are one id; one that
 * JavaScript cannot hold exactly is refused. A string is anything but `""` and what has lone surrogates.
 */
export type ScopeId = string | number | bigint;

/** Ids by the names of their parameters. */
export type Ids = Readonly<Record<string, ScopeId>>;

/** A level of a hierarchy. */
export interface ScopeLevel {
  /** Name of the id that tells the scopes of this level apart, such as `"orgId"`. No other level above or below has it. */
  readonly param: string;
  /** Levels inside each scope of this one. Default none. */
  readonly children?: ScopeTree;
}

/** Levels by their names: a letter, then at most 31 of `A-Z a-z 0-9 _ -`. No two levels of a definition have the same. */
export interface ScopeTree {
  readonly [level: string]: ScopeLevel;
}

/** Every level in a tree, with its dotted path, the ids that it takes, and its parent. */
type LevelsOf<T, Path extends string = "", Params extends string = never, Parent = undefined> = {
  [L in keyof T & string]: T[L] extends { readonly param: infer P extends string }
    ?
        | { name: L; path: `${Path}${L}`; params: Params | P; parent: Parent }
        | (T[L] extends { readonly children: infer C } ? LevelsOf<C, `${Path}${L}.`, Params | P, L> : never)
    : never;
}[keyof T & string];

/** The level that a name or dotted path stands for. */
type LevelOf<T, L, All = LevelsOf<T>> = All extends { name: L } | { path: L } ? All : never;

/** Names of levels. */
export type ScopeName<T> = LevelsOf<T>["name"];

/** What stands for a level: its name, or the dotted path from the top (`"organization.user"`). */
export type ScopePath<T> = LevelsOf<T>["name" | "path"];

/** Names of the ids that a level takes: its own and those of all above it. */
export type ScopeParams<T, L> = LevelOf<T, L>["params"];

/** The ids that a level takes. Those in `Known` are known by the view that is asked, and may be left out. */
export type ScopeIds<T, L, Known extends string = never> = L extends unknown
  ? [Known] extends [ScopeParams<T, L>]
    ? { readonly [P in Exclude<ScopeParams<T, L>, Known>]: ScopeId } & {
        readonly [P in ScopeParams<T, L> & Known]?: ScopeId;
      }
    : never
  : never;

/** Scopes of whatever definition. */
export interface AnyScopes {
  /** The definition, frozen. */
  readonly tree: ScopeTree;
  /** Names of all levels, each after its parent. */
  levels(): readonly string[];
}

/** A hierarchy of scopes, made by `defineScopes`. Every method takes a level by name or dotted path, and throws `ConfigError` for one that there is not. */
export interface Scopes<T extends ScopeTree = ScopeTree> extends AnyScopes {
  readonly tree: T;
  levels(): readonly ScopeName<T>[];
  /** Names of the ids that a level takes, from the top. */
  params<L extends ScopePath<T>>(level: L): readonly ScopeParams<T, L>[];
  /** The level above; `undefined` for one at the top. */
  parent<L extends ScopePath<T>>(level: L): LevelOf<T, L>["parent"];
  /** Whether a level is below another, at any distance. */
  isDescendant(level: ScopePath<T>, of: ScopePath<T>): boolean;
  /** The dotted path of a level, from the top. */
  path(level: ScopePath<T>): string;
  /** What stands before the keys of a scope in a store, after the prefix of the cache and the name of a namespace. @throws {KeyError} for wrong ids */
  prefix<L extends ScopePath<T>>(level: L, ids: ScopeIds<T, L>): string;
}

/** Without any level. */
export type NoScopes = Scopes<Record<never, ScopeLevel>>;

/** The scope that a call is about, among its options: the same call on `cache.scope(scope, ids)`. */
export type InScope<S extends AnyScopes, Known extends string = never> = Chosen<S["tree"], ScopePath<S["tree"]>, Known>;

type Chosen<T, L, Known extends string> = L extends unknown
  ? { readonly scope: L; readonly ids: ScopeIds<T, L, Known> }
  : never;

/** The same where it may be left out: the call is about the cache or view itself. */
export type MaybeInScope<S extends AnyScopes, Known extends string = never> =
  | { readonly scope?: undefined; readonly ids?: undefined }
  | InScope<S, Known>;

/** The same, whatever the scopes are of. */
export interface ScopeChoice {
  scope?: string | undefined;
  ids?: Ids | undefined;
}

/** Options of `cache.scope`. */
export interface ScopeOptions {
  /**
   * Reads that find nothing fresh look in the parents, the nearest first: `true` up to the top of the hierarchy, `"all"` after that
   * outside of scopes too. Writes go to the scope itself. Default `false`.
   */
  inherit?: boolean | "all" | undefined;
}

/** Options of `cache.invalidateScope`. */
export interface InvalidateScopeOptions extends CallOptions {
  /** `"delete"`: misses at once. `"expire"`: stale, so that `grace` and `swr` may serve them while they are refreshed. Default `"delete"`. */
  mode?: InvalidationMode | undefined;
}

/** What a cache asks of its scopes. So all that scopes take comes along with `defineScopes`, and not with `createCache`. */
export interface ScopeRules {
  /** The view of a scope, made by `view` with what its name has after that of the view that is asked. */
  enter<T>(
    from: Space,
    level: string,
    ids: Ids,
    options: ScopeOptions | undefined,
    view: (space: Space, suffix: string) => T,
  ): T;
  invalidate(from: Space, level: string, ids: Ids, options: InvalidateScopeOptions | undefined): MaybePromise<void>;
  /**
   * Takes the place of a function's results for it, unless those of another could be there too; whether they could.
   *
   * @param level that it is bound to
   * @param segment what its keys begin with in each scope
   * @param isShared whether it takes the place in any case
   */
  claim(from: Space, level: string | undefined, segment: string, isShared: boolean | undefined): boolean;
  /** The place of a cached function that is bound to scopes. */
  place(view: Verbs, place: FunctionPlace, options: AnyOptions, segment: string, inside: Inside): FunctionPlace;
}
