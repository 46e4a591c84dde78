/**
 * The pages of logs and profiles, the one where a token is asked for, and the one for what went wrong.
 *
 * @module
 */
import { html } from "hono/html";
import type { Key } from "../../../../src/key.ts";
import type { Access, Eviction } from "../../../../src/observe/log.ts";
import type { Profile } from "../../../../src/profiles/profile.ts";
import { missing } from "../api-observe.ts";
import { textOf } from "../keys.ts";
import { field, heading, layout, markOf, type Page, table } from "./layout.ts";
import { ago, count, type Html, left, named, queryOf } from "./words.ts";

/** Logs; what is `undefined` is kept by nobody. */
export function logsPage(
  page: Page,
  accesses: readonly Access<Key>[] | undefined,
  evictions: readonly Eviction<Key>[] | undefined,
  now: number,
): Html {
  const { base } = page;
  const link = (key: Key): Html => {
    const text = textOf(key);
    return html`<a class="key" href="${base}/entry${queryOf({ key: text })}">${named(text)}</a>`;
  };
  const read = accesses?.map(
    (row) =>
      html`<tr><th scope="row">${link(row.key)}</th><td class="n">${count(row.count)}</td><td>${ago(row.lastAt, now)}</td><td>${row.profile ?? "–"}</td></tr>`,
  );
  const left = evictions?.map(
    (row) =>
      html`<tr><th scope="row">${link(row.key)}</th><td><span class="chip">${row.reason}</span></td><td>${ago(row.at, now)}</td><td class="n">${
        row.accesses === undefined ? "–" : count(row.accesses)
      }</td></tr>`,
  );
  const none = (name: "accessLog" | "evictionLog"): Html => html`<p class="empty">${missing(name)}.</p>`;
  const body = html`${heading("Logs", "What was read, what left, and what happens now.")}
<section class="card"><div class="heading live"><h2>Live</h2><button type="button" class="quiet" data-events hidden>Start</button></div>
<p class="empty">Events are made only while somebody listens, which costs the cache a little.</p>
<ol class="events" data-feed aria-label="Events" tabindex="0" hidden></ol></section>
<section class="card"><h2>Accesses</h2>${read ? table("Accesses", ["Key", "Reads", "Last", "Profile"], read, "Nothing was read yet.") : none("accessLog")}</section>
<section class="card"><h2>Evictions</h2>${left ? table("Evictions", ["Key", "Reason", "When", "Reads"], left, "Nothing has left yet.") : none("evictionLog")}</section>`;
  return layout(page, "Logs", "/logs", body);
}

export function profilesPage(page: Page, current: string | undefined, all: readonly Profile[]): Html {
  const { base, admin } = page;
  const rows = all.map((profile) => {
    const isCurrent = profile.name === current;
    const form = (action: string, words: string, kind: string): Html =>
      html`<form method="post" action="${base}/profiles/${action}">${markOf(page)}<input type="hidden" name="name" value="${profile.name}"><button class="${kind}" aria-label="${words} ${profile.name}">${words}</button></form>`;
    const does = isCurrent
      ? html`<span class="chip lit">in force</span>`
      : admin.readOnly
        ? ""
        : html`<div class="actions">${form("use", "Use", "quiet")}${form("delete", "Delete", "quiet danger")}</div>`;
    return html`<tr><th scope="row">${profile.name}</th><td>${left(profile.ttl)}</td><td class="n">${profile.maxEntries === undefined ? "as made" : count(profile.maxEntries)}</td><td>${profile.tags.join(", ") || "none"}</td><td>${does}</td></tr>`;
  });
  const save = html`<section class="card"><h2>Save a profile</h2><form class="search" method="post" action="${base}/profiles/save">${markOf(page)}
${field("Name", "name", undefined, "sale", html` required`)}${field("Time to live", "ttl", undefined, "1h")}${field("Most entries in memory", "maxEntries", undefined, "as made")}${field("Tags, with commas between", "tags", undefined, "sale")}<button>Save</button></form></section>`;
  const body = admin.profiles
    ? html`<section class="card">${table("Profiles", ["Name", "Time to live", "Most entries", "Tags", ""], rows, "There is none.")}</section>${admin.readOnly ? "" : save}`
    : html`<section class="card"><p class="empty">${missing("profiles")}.</p></section>`;
  return layout(
    page,
    "Profiles",
    "/profiles",
    html`${heading("Profiles", "Sets of settings by name, one of which is in force.")}${body}`,
  );
}

export function loginPage(page: Page): Html {
  const body = html`<section class="card login"><h1>Log in</h1><p>The token of this page, as adminRouter was given it.</p>
<form method="post" action="${page.base}/login">${markOf(page)}<input name="username" value="admin" autocomplete="username" hidden><label class="field"><span>Token</span><input type="password" name="token" autocomplete="current-password" required autofocus></label><button class="main">Log in</button></form></section>`;
  return layout(page, "Log in", undefined, body);
}

export function failurePage(page: Page, title: string, message: string): Html {
  return layout(
    page,
    title,
    "/failure",
    html`${heading(title, message)}<p><a class="button" href="${page.base || "/"}">Overview</a></p>`,
  );
}
