/**
 * What views are called where the ids of tenants have no place.
 *
 * @module
 */

/** A level of a scope in the name of a view, with its id. A namespace that is called so loses what is behind its `=` as well. */
const SCOPE = /\/([A-Za-z][\w-]*)=[^/]*/g;

/** The name of a view without the ids of its scopes: `app/organization/user`. */
export function labelOf({ name }: { readonly name: string }): string {
  return name.replace(SCOPE, "/$1");
}
