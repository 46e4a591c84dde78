/**
 * The frame of every page.
 *
 * @module
 */
import { html } from "hono/html";
import type { Admin } from "../options.ts";
import { VERSION } from "./assets.ts";
import type { Html } from "./words.ts";

/** What every page knows. */
export interface Page {
  readonly admin: Admin;
  /** Where the router is mounted, without a slash at its end. */
  readonly base: string;
  readonly theme: "light" | "dark" | "auto";
  /** Of the Content-Security-Policy. */
  readonly nonce: string;
  /** See `formMark`. */
  readonly mark: string;
  /** What the last change has done. */
  readonly said: { readonly text: string; readonly isBad: boolean } | undefined;
  readonly hasLogin: boolean;
}

/** The pages in the navigation. */
const PAGES = [
  ["", "Overview"],
  ["/keys", "Keys"],
  ["/invalidate", "Invalidate"],
  ["/logs", "Logs"],
  ["/profiles", "Profiles"],
] as const;

/** Three tiers, the top one lit. */
const LOGO = html`<svg class="logo" viewBox="0 0 24 24" aria-hidden="true"><rect class="lit" x="3" y="4" width="18" height="4" rx="2"/><rect x="3" y="10" width="18" height="4" rx="2"/><rect x="3" y="16" width="18" height="4" rx="2"/></svg>`;

/** A page whose `path` is that of its place in the navigation; without one it has none. */
export function layout(page: Page, title: string, path: string | undefined, content: Html): Html {
  const { base, theme, nonce, admin, said } = page;
  const { name } = admin.cache;
  return html`<!doctype html>
<html lang="en" data-theme="${theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="${theme === "auto" ? "light dark" : theme}">
<meta name="robots" content="noindex">
<title>${title} · ${name} · Tiercel</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" nonce="${nonce}" href="${base}/assets/admin.css?v=${VERSION}">
<script type="module" nonce="${nonce}" src="${base}/assets/admin.js?v=${VERSION}"></script>
</head>
<body data-base="${base}">
<a class="skip" href="#content">Skip to content</a>
<header class="top">
<a class="brand" href="${base || "/"}">${LOGO}<span>${name}</span></a>
${
  path === undefined
    ? ""
    : html`<nav aria-label="Pages"><ul>${PAGES.map(
        ([at, label]) =>
          html`<li><a href="${base + at || "/"}"${at === path ? html` aria-current="page"` : ""}>${label}</a></li>`,
      )}</ul></nav>`
}
<div class="tools">
${admin.readOnly ? html`<span class="chip">read only</span>` : ""}
<button type="button" class="quiet" data-theme-switch hidden>Theme</button>
${page.hasLogin && path !== undefined ? html`<form method="post" action="${base}/logout">${markOf(page)}<button class="quiet">Log out</button></form>` : ""}
</div>
</header>
<main id="content" tabindex="-1">
<div class="said" role="status">${said ? html`<p class="${said.isBad ? "note bad" : "note"}">${said.text}</p>` : ""}</div>
${content}
</main>
</body>
</html>`;
}

/** What every form carries. */
export function markOf({ mark }: Page): Html {
  return html`<input type="hidden" name="mark" value="${mark}">`;
}

/** A heading, with a line below it that says what the page is for. */
export function heading(title: string, words: Html | string): Html {
  return html`<div class="heading"><h1>${title}</h1><p>${words}</p></div>`;
}

/** A table that scrolls by itself where it is too wide. */
export function table(label: string, columns: readonly string[], rows: readonly Html[], empty: string): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}

/** A way to say something that a form asks for. */
export function field(
  label: string,
  name: string,
  value: string | undefined,
  hint = "",
  more: Html | string = "",
): Html {
  return html`<label class="field"><span>${label}</span><input name="${name}" value="${value ?? ""}" placeholder="${hint}" autocomplete="off" spellcheck="false"${more}></label>`;
}
