/**
 * Scopes: hierarchies such as organization and user, each of whose scopes has keys, tags and stats of its own and can be invalidated
 * with all that is below it at once.
 *
 * A scope is a space whose prefix is nested as that of namespaces is, `@organization=acme:@user=42:`. Percent-encoding leaves
 * no `=` in the name of a namespace, so none is the beginning of a scope. Every entry in a scope carries one more
 * tag for each scope that it is in, whose text is the prefix of that scope. No other tag has that text: all have something
 * after the prefix of their space, which does not begin with `@`.
 *
 * @module
 */
import { invalid, KeyError, mustBe, oneOf } from "../errors.ts";
import type { AnyOptions, FunctionPlace, Inside } from "../functions/place.ts";
import { scopedPlace } from "../functions/scoped-place.ts";
import { then } from "../maybe.ts";
import { Space } from "../space.ts";
import type { MaybePromise } from "../tier.ts";
import type { Verbs } from "../verbs/verbs.ts";
import { claim } from "./claims.ts";
import { encodeId } from "./id.ts";
import { InheritingSpace } from "./inherit.ts";
import type { Ids, InvalidateScopeOptions, ScopeLevel, ScopeOptions, ScopeRules, Scopes, ScopeTree } from "./types.ts";

/**
 * Defines the scopes of a cache, for `createCache({ scopes })`: one or more hierarchies of levels, each with the name of the id that tells
 * its scopes apart.
 *
 * @example
 * ```ts
 * import { createCache, defineScopes } from "tiercel";
 *
 * const scopes = defineScopes({
 *   organization: { param: "orgId", children: { user: { param: "userId" } } },
 *   region: { param: "region" },
 * });
 * const cache = createCache({ scopes });
 * const view = cache.scope("user", { orgId: "acme", userId: 42 });
 * ```
 *
 * @throws {ConfigError} for a level name or parameter that cannot be used or occurs twice
 */
export function defineScopes<const T extends ScopeTree>(tree: T): Scopes<T> {
  return new ScopeSet(tree) as Scopes as unknown as Scopes<T>;
}

/** Name of a level. */
const NAME = /^[A-Za-z][\w-]{0,31}$/;

interface Level {
  readonly name: string;
  readonly param: string;
  readonly path: string;
  /** From the top to this one. */
  readonly chain: readonly Level[];
}

/** Where a scope is. */
interface Place {
  /** Prefixes of the scopes of the chain, from the top. */
  readonly prefixes: readonly string[];
  /** The prefix that the chain begins after: of the root or a namespace. */
  readonly base: string;
  /** What the scope is called by a view that is asked for it. */
  readonly suffix: string;
}

class ScopeSet implements Scopes, ScopeRules {
  readonly tree: ScopeTree;
  /** By name and by path. */
  readonly #levels = new Map<unknown, Level>();

  constructor(tree: ScopeTree) {
    this.tree = this.#add(tree, []);
  }

  /** Takes in the levels of a tree, and answers with a frozen copy of it. */
  #add(tree: ScopeTree, above: readonly Level[]): ScopeTree {
    const place = ["scopes", ...above.map(({ name }) => name)].join(".");
    if (!isRecord(tree)) throw invalid(place, "an object of levels", tree);
    const levels = Object.entries(tree).map(([name, level]): [string, ScopeLevel] => {
      if (!NAME.test(name)) throw invalid(place, "levels called by a letter and at most 31 of A-Z a-z 0-9 _ -", name);
      if (this.#levels.has(name)) throw invalid(place, "levels whose names no other level has", name);
      const option = `${place}.${name}`;
      if (!isRecord(level)) throw invalid(option, "an object with a param", level);
      const unknown = Object.keys(level).find((key) => key !== "param" && key !== "children");
      if (unknown !== undefined) throw invalid(option, "param and children alone", unknown);
      const { param, children } = level;
      if (typeof param !== "string" || param === "" || above.some((other) => other.param === param))
        throw invalid(`${option}.param`, "a non-empty string that no level above it has", param);
      const chain: Level[] = [...above];
      const path = [...above, { name }].map(({ name }) => name).join(".");
      const own: Level = { name, param, path, chain };
      chain.push(own);
      this.#levels.set(name, own).set(path, own);
      return [name, Object.freeze({ param, ...(children !== undefined && { children: this.#add(children, chain) }) })];
    });
    return Object.freeze(Object.fromEntries(levels));
  }

  #level(level: unknown): Level {
    const found = this.#levels.get(level);
    if (!found) oneOf("level", this.levels(), level);
    return found!;
  }

  levels(): string[] {
    return [...new Set(this.#levels.values())].map(({ name }) => name);
  }

  params(level: string): string[] {
    return this.#level(level).chain.map(({ param }) => param);
  }

  parent(level: string): never {
    return this.#level(level).chain.at(-2)?.name as never;
  }

  isDescendant(level: string, of: string): boolean {
    const [below, above] = [this.#level(level), this.#level(of)];
    return below !== above && below.chain.includes(above);
  }

  path(level: string): string {
    return this.#level(level).path;
  }

  prefix(level: string, ids: Ids): string {
    return this.#segments(this.#level(level), ids, []).join("");
  }

  /**
   * The parts of a scope's prefix, one for each level.
   *
   * @param known those of the scope that is asked
   */
  #segments({ chain, path }: Level, ids: Ids, known: readonly string[]): string[] {
    if (!isRecord(ids)) throw new KeyError(mustBe(`ids of ${path}`, "an object", ids));
    const extra = Object.keys(ids).find((name) => !chain.some(({ param }) => param === name));
    if (extra !== undefined)
      throw new KeyError(mustBe(`ids of ${path}`, `${this.params(path).join(", ")} alone`, extra));
    return chain.map(({ name, param }, i) => {
      const own = known[i];
      if (own !== undefined && !Object.hasOwn(ids, param)) return own;
      const segment = `@${name}=${encodeId(param, Object.hasOwn(ids, param) ? ids[param] : undefined)}:`;
      if (own !== undefined && own !== segment)
        throw new KeyError(mustBe(`id ${param}`, "that of the scope which is asked", ids[param]));
      return segment;
    });
  }

  #place(from: Space, name: string, ids: Ids): Place {
    const level = this.#level(name);
    const { base, known } = partsOf(from);
    if (known.some((part, i) => !part.startsWith(`@${level.chain[i]?.name}=`)))
      throw invalid("level", `${known.at(-1)!.slice(1, -1)} or below it`, name);
    const segments = this.#segments(level, ids, known);
    return {
      base,
      prefixes: segments.map((_, i) => base + segments.slice(0, i + 1).join("")),
      suffix: segments
        .slice(known.length)
        .map((segment) => `/${segment.slice(1, -1)}`)
        .join(""),
    };
  }

  enter<T>(
    from: Space,
    level: string,
    ids: Ids,
    options: ScopeOptions | undefined,
    view: (space: Space, suffix: string) => T,
  ): T {
    const { inherit: wanted = false } = options ?? {};
    oneOf("inherit", [true, false, "all"], wanted);
    const { base, prefixes, suffix } = this.#place(from, level, ids);
    // Of the scopes that a namespace is in.
    const outer = from.tags.filter((tag) => tag.length <= base.length);
    const { engine } = from;
    const space = engine.space(prefixes.at(-1)!, [...outer, ...prefixes]);
    if (!wanted) return view(space, suffix);
    const parents = [...(wanted === "all" ? [base] : []), ...prefixes.slice(0, -1)].reverse();
    const inheriting = new InheritingSpace(
      space,
      parents.map((prefix) => new Space(prefix, engine, [])),
    );
    return view(inheriting, suffix);
  }

  place(view: Verbs, place: FunctionPlace, options: AnyOptions, segment: string, inside: Inside): FunctionPlace {
    return scopedPlace(this, view, place, options, segment, inside);
  }

  claim(from: Space, level: string | undefined, segment: string, isShared = false): boolean {
    const { base, known } = partsOf(from);
    const below = level === undefined ? [] : this.#level(level).chain.slice(known.length);
    const open = below.map(({ name }) => `@${name}=:`);
    return claim(from.engine, base, known, open, segment, isShared);
  }

  /** One tag. A load that began before is fenced off as by any invalidation of tags. */
  invalidate(
    from: Space,
    level: string,
    ids: Ids,
    { mode = "delete" }: InvalidateScopeOptions = {},
  ): MaybePromise<void> {
    oneOf("mode", ["delete", "expire"], mode);
    const prefix = this.#place(from, level, ids).prefixes.at(-1)!;
    const { engine } = from;
    return then(engine.store.invalidate([prefix], "any", mode), () =>
      engine.emit("invalidate", () => ({ by: "scope", what: prefix })),
    );
  }
}

/** What the prefix of a space begins with, and the scopes that it ends with. */
function partsOf({ prefix }: Space): { base: string; known: string[] } {
  // No part of a prefix has a colon but at its end, and only scopes have an =.
  const parts = prefix.match(/[^:]*:/g) ?? [];
  const begin = parts.findLastIndex((part) => !part.includes("=")) + 1;
  return { base: parts.slice(0, begin).join(""), known: parts.slice(begin) };
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
