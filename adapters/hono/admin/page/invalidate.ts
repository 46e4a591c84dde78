/**
 * The pages that invalidate: what, and whether it is meant.
 *
 * @module
 */

import { html } from "hono/html";
import { printable } from "../../../../src/observe/printable.ts";
import type { Target } from "../keys.ts";
import { field, heading, layout, markOf, type Page } from "./layout.ts";
import { count, type Html } from "./words.ts";

const READ_ONLY = html`<p class="note">This page may only look: the router was made with readOnly.</p>`;

export function invalidatePage(page: Page): Html {
  const { base, admin } = page;
  const choose = (legend: string, by: string, words: string, fields: Html): Html =>
    html`<section class="card"><h2>${legend}</h2><p>${words}</p><form class="search" method="get" action="${base}/invalidate/confirm"><input type="hidden" name="by" value="${by}">${fields}<button>Look at what it hits</button></form></section>`;
  const mode = html`<label class="field"><span>What becomes of them</span><select name="mode"><option value="delete">Misses at once</option><option value="expire">Stale, to be refreshed</option></select></label>`;
  const post = (action: string, words: string, danger: boolean, fields: Html | string): Html =>
    html`<form method="post" action="${base}${action}">${markOf(page)}${fields}<button${danger ? html` class="danger"` : ""}>${words}</button></form>`;
  const all = html`<div class="two">
${choose("By tag", "tags", "Everything with one of these tags, at a cost that does not depend on how much that is.", html`${field("Tags, with commas between", "tags", undefined, "users, orders", html` required`)}${mode}`)}
${choose("By pattern", "pattern", "Every key that fits. Looks at all keys.", field("Pattern", "pattern", undefined, "user:*", html` required`))}
${choose("By scope", "scope", "Everything in a scope and in those below it.", html`${field("Scope", "scope", undefined, "organization.user", html` required`)}${field("Ids", "ids", undefined, '{"orgId":"acme"}', html` required`)}${mode}`)}
${choose("By profile", "profile", "Everything that was written under a profile.", field("Profile", "profile", undefined, "default", html` required`))}
</div>
<section class="card"><h2>Everything</h2><div class="actions">${post("/prune", "Remove what has expired", false, "")}
<form method="get" action="${base}/invalidate/confirm"><input type="hidden" name="by" value="all"><button class="danger">Clear the cache</button></form></div></section>`;
  const words = "Nothing is changed before you have seen how many entries it hits.";
  return layout(
    page,
    "Invalidate",
    "/invalidate",
    html`${heading("Invalidate", words)}${admin.readOnly ? READ_ONLY : all}`,
  );
}

/** Asks once more, with the number of entries; `fields` is what the form says again. */
export function confirmPage(
  page: Page,
  target: Target,
  hits: { readonly count: number; readonly isAll: boolean } | undefined,
  fields: Readonly<Record<string, string>>,
): Html {
  const { base, admin } = page;
  const many =
    hits === undefined
      ? "an unknown number of entries, since a tier could not be asked"
      : `${hits.isAll ? "" : "at least "}${count(hits.count)} ${hits.count === 1 ? "entry" : "entries"}`;
  const does = "mode" in target && target.mode === "expire" ? "makes stale" : "deletes";
  const body = html`<div class="heading"><p class="crumbs"><a href="${base}/invalidate">Invalidate</a></p><h1>Is this meant?</h1></div>
<section class="card confirm"><p>To invalidate <strong>${wordsOf(target)}</strong> ${does} <strong>${many}</strong>, in every tier.</p>
<form method="post" action="${base}/invalidate">${markOf(page)}${Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}${target.by === "all" ? field(`Type the name of the cache, ${admin.cache.name}`, "confirm", undefined, "", html` required`) : ""}
<div class="actions"><button class="danger">Invalidate</button><a class="button" href="${base}/invalidate">Leave it</a></div></form></section>`;
  return layout(page, "Is this meant?", "/invalidate", body);
}

/** What is invalidated, in words. */
export function wordsOf(target: Target): string {
  switch (target.by) {
    case "tags":
      return `${target.tags.length === 1 ? "tag" : "tags"} ${printable(target.tags.join(", "))}`;
    case "pattern":
      return `pattern ${printable(target.pattern)}`;
    case "scope":
      return `scope ${target.scope} ${printable(JSON.stringify(target.ids))}`;
    case "profile":
      return `profile ${printable(target.profile)}`;
    default:
      return "everything";
  }
}
