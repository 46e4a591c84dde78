/**
 * The page that finds keys.
 *
 * @module
 */
import { html } from "hono/html";
import type { KeyPage, KeyRow } from "../keys.ts";
import { field, heading, layout, type Page, table } from "./layout.ts";
import { ago, bytes, type Html, left, named, queryOf } from "./words.ts";

/** What is looked for, as it stands in the address. */
export interface Search {
  readonly pattern?: string | undefined;
  readonly tag?: string | undefined;
  readonly tier?: string | undefined;
  readonly namespace?: string | undefined;
  readonly scope?: string | undefined;
  readonly ids?: string | undefined;
  readonly cursor?: number | undefined;
}

/** Keys of one page; `fault` is why there are none. */
export function keysPage(
  page: Page,
  search: Search,
  found: KeyPage | undefined,
  names: { readonly tiers: readonly string[]; readonly namespaces: readonly string[] },
  now: number,
  fault?: string,
): Html {
  const { base, admin } = page;
  const { pattern, tag, tier, namespace, scope, ids, cursor } = search;
  const select = (
    label: string,
    name: string,
    chosen: string | undefined,
    all: readonly string[],
    none: string,
  ): Html =>
    html`<label class="field"><span>${label}</span><select name="${name}"><option value="">${none}</option>${all.map(
      (one) => html`<option${one === chosen ? html` selected` : ""}>${one}</option>`,
    )}</select></label>`;
  const scopes =
    scope || ids || hasScopes(admin.cache)
      ? html`${field("Scope", "scope", scope, "organization.user")}${field("Ids of the scope", "ids", ids, '{"orgId":"acme"}')}`
      : "";
  const form = html`<form class="search card" method="get" action="${base}/keys" role="search">
${field("Pattern", "pattern", pattern, "user:*")}
${field("Tag", "tag", tag, "users")}
${select("Tier", "tier", tier, names.tiers, "all")}
${names.namespaces.length > 0 || namespace ? select("Namespace", "namespace", namespace, withOne(names.namespaces, namespace), "none") : ""}
${scopes}
<button class="main">Search</button></form>`;
  const next =
    found?.cursor == null
      ? ""
      : html`<a class="button" rel="next" href="${base}/keys${queryOf({ ...search, cursor: found.cursor })}">Next page</a>`;
  const first = cursor
    ? html`<a class="button" href="${base}/keys${queryOf({ ...search, cursor: undefined })}">First page</a>`
    : "";
  const rows = found?.keys.map((row) => rowOf(page, search, row, now)) ?? [];
  const empty = found?.cursor == null ? "No key fits." : "None of those that were looked at fits; there are more.";
  const result = fault
    ? html`<p class="note bad">${fault}</p>`
    : html`<section class="card"><h2>${rows.length === 0 ? "Keys" : `${rows.length} ${rows.length === 1 ? "key" : "keys"}`}</h2>
${table("Keys", ["Key", "Tags", "Left", "Size", "Tier", "Made"], rows, empty)}
<p class="pages">${first}${next}</p></section>`;
  const words = html`A pattern has <code>*</code>, <code>?</code> and <code>[abc]</code>; array keys are matched as their JSON.`;
  return layout(page, "Keys", "/keys", html`${heading("Keys", words)}${form}${result}`);
}

function rowOf({ base }: Page, { namespace, scope, ids }: Search, row: KeyRow, now: number): Html {
  const href = `${base}/entry${queryOf({ key: row.key, namespace, scope, ids })}`;
  return html`<tr><th scope="row"><a class="key" href="${href}">${named(row.key)}</a></th>
<td>${tagLinks(base, row.tags, namespace)}</td><td>${row.stale ? "stale" : left(row.ttl)}</td><td class="n">${bytes(row.size)}</td><td>${row.tier}</td><td>${ago(row.createdAt, now)}</td></tr>`;
}

/** Tags as links to the keys that have them. */
export function tagLinks(base: string, tags: readonly string[], namespace: string | undefined): Html {
  return html`${tags
    .slice(0, 20)
    .map(
      (tag) => html`<a class="chip" href="${base}/keys${queryOf({ tag, namespace })}">${named(tag, 60)}</a> `,
    )}${tags.length > 20 ? `and ${tags.length - 20} more` : ""}`;
}

function withOne(all: readonly string[], one: string | undefined): readonly string[] {
  return one === undefined || all.includes(one) ? all : [...all, one];
}

/** A cache without scopes says so by throwing. */
function hasScopes(cache: { scope(level: never, ids: never): unknown }): boolean {
  try {
    cache.scope("" as never, {} as never);
    return true;
  } catch (error) {
    return !/scopes/.test((error as { option?: string }).option ?? "scopes");
  }
}
