/**
 * The parts of a cache that a run works on, and the whole names of their keys and tags.
 *
 * @module
 */
import { type Cache, defineScopes } from "../../../mod.ts";
import type { Kill } from "./history.ts";

/** What a run does with a view. */
type Verb =
  | "get"
  | "getMany"
  | "getOrSet"
  | "getOrSetMany"
  | "set"
  | "setMany"
  | "delete"
  | "deleteMany"
  | "invalidateTags"
  | "invalidatePattern"
  | "clear"
  | "touch"
  | "evict";

/** A cache, a namespace or a scope, whose keys and tags are its own. */
export interface View {
  /** Empty for the cache itself; the name of a part begins with that of the whole and a slash. */
  readonly name: string;
  readonly cache: Pick<Cache, Verb>;
  /** Tags that each entry has by being in it. */
  readonly implied: readonly string[];
  /** Invalidates what is in it by scope, where it is one. */
  readonly invalidate?: (mode: "delete" | "expire") => Promise<void>;
}

/** The whole name of a key or tag. */
export function whole(view: View, name: string): string {
  return `${view.name}|${name}`;
}

/** Tags of an entry, with those that it has by its place. */
export function tagsOf(view: View, tags: readonly string[]): string[] {
  return [...view.implied, ...tags.map((tag) => whole(view, tag))];
}

/** What `clear` of a view removes: what is in it and in its parts. */
export function cleared({ name }: View): Kill {
  return { prefixes: name === "" ? [""] : [`${name}|`, `${name}/`] };
}

/** The scopes of the cache. */
export const scopes = defineScopes({ organization: { param: "orgId", children: { user: { param: "userId" } } } });

/** The cache, a namespace of it, and three scopes, one of them within another. */
export function viewsOf(cache: Cache<typeof scopes>): View[] {
  const scope = (name: string, ...[orgId, userId]: [string, string?]): View => {
    const organization = `scope /${orgId}`;
    const view = { name, implied: userId ? [organization, `scope ${name}`] : [organization] };
    return userId
      ? {
          ...view,
          cache: cache.scope("user", { orgId, userId }),
          invalidate: (mode) => cache.invalidateScope("user", { orgId, userId }, { mode }),
        }
      : {
          ...view,
          cache: cache.scope("organization", { orgId }),
          invalidate: (mode) => cache.invalidateScope("organization", { orgId }, { mode }),
        };
  };
  return [
    { name: "", cache, implied: [] },
    { name: "/part", cache: cache.namespace("part"), implied: [] },
    scope("/a", "a"),
    scope("/a/1", "a", "1"),
    scope("/b", "b"),
  ];
}
