/**
 * The page of one entry.
 *
 * @module
 */
import { html } from "hono/html";
import type { Explanation } from "../../../../src/api.ts";
import { printable } from "../../../../src/observe/printable.ts";
import { inWords } from "../../../../src/observe/words.ts";
import type { KeyRow } from "../keys.ts";
import type { Shown } from "../view.ts";
import { tagLinks } from "./keys.ts";
import { field, layout, markOf, type Page, table } from "./layout.ts";
import { ago, bytes, count, type Html, left, named, queryOf } from "./words.ts";

/** Which entry, as it stands in the address. */
export interface Which {
  readonly key: string;
  readonly namespace?: string | undefined;
  readonly scope?: string | undefined;
  readonly ids?: string | undefined;
}

/** What is known of it. */
export interface Known extends KeyRow {
  readonly codec: string | undefined;
  readonly version: string | undefined;
  readonly value: Shown;
}

export function entryPage(
  page: Page,
  which: Which,
  entry: Known | undefined,
  explanation: Explanation,
  isWhole: boolean,
): Html {
  const { base, admin } = page;
  const { key, namespace } = which;
  const where = namespace === undefined ? "" : html`<span class="chip">${namespace}</span>`;
  const facts: readonly [string, Html | string][] = entry
    ? [
        ["Found in", entry.tier],
        ["Left", entry.stale ? "stale" : left(entry.ttl)],
        ["Made", ago(entry.createdAt, explanation.now)],
        ["Size", bytes(entry.size)],
        ["Tags", entry.tags.length === 0 ? "none" : tagLinks(base, entry.tags, namespace)],
        ...(["version", "codec", "profile"] as const).flatMap((name): [string, string][] =>
          entry[name] === undefined ? [] : [[name[0]!.toUpperCase() + name.slice(1), entry[name]]],
        ),
      ]
    : [];
  const more = html`<a class="button" href="${base}/entry${queryOf({ ...which, all: 1 })}">Show all</a>`;
  const most = `Only the first ${bytes(admin.maxValueBytes)} are shown.`;
  const value =
    entry &&
    html`<section class="card" aria-label="Value"><h2>Value</h2><div class="value">${tree(entry.value, 0)}</div>${
      hasCuts(entry.value) ? html`<p class="pages">${isWhole ? most : more}</p>` : ""
    }</section>`;
  const tiers = explanation.tiers.map(
    ({ tier, state, ttl, sequence, error }) =>
      html`<tr><th scope="row">${tier}</th><td><span class="state ${state === "fresh" ? "ok" : state === "unavailable" ? "bad" : ""}"><span class="dot" aria-hidden="true"></span>${state}</span></td><td>${
        ttl === undefined ? "–" : left(ttl)
      }</td><td class="n">${sequence === undefined ? "–" : count(sequence)}</td><td class="wrap">${error ?? ""}</td></tr>`,
  );
  const body = html`<div class="heading"><p class="crumbs"><a href="${base}/keys${queryOf({ namespace })}">Keys</a></p><h1 class="key">${named(key, 600)}</h1>${where}</div>
${entry ? html`<section class="card" aria-label="Facts"><dl class="facts">${facts.map(([name, words]) => html`<div><dt>${name}</dt><dd>${words}</dd></div>`)}</dl></section>` : html`<p class="note">There is no entry under this key.</p>`}
${value ?? ""}
<section class="card"><h2>Why a read is a hit or a miss</h2><p class="wrap">${printable(inWords(explanation))}</p>
${table("What each tier has", ["Tier", "State", "Left", "Sequence", ""], tiers, "There is no tier.")}</section>
${entry && !admin.readOnly ? actions(page, which, explanation.tiers) : ""}`;
  return layout(page, named(key, 60), "/keys", body);
}

function actions(page: Page, which: Which, tiers: Explanation["tiers"]): Html {
  const { base } = page;
  const fields = html`${markOf(page)}${Object.entries(which).map(([name, value]) =>
    value === undefined ? "" : html`<input type="hidden" name="${name}" value="${value}">`,
  )}`;
  return html`<section class="card"><h2>Change it</h2><div class="actions">
<form method="post" action="${base}/entry/expire">${fields}${field("New time to live", "ttl", undefined, "5m", html` required`)}<button>Set</button></form>
<form method="post" action="${base}/entry/evict">${fields}<label class="field"><span>Drop from one tier</span><select name="tier">${tiers.map(
    ({ tier }) => html`<option>${tier}</option>`,
  )}</select></label><button>Drop</button></form>
<form method="post" action="${base}/entry/delete">${fields}<button class="danger">Delete from every tier</button></form>
</div></section>`;
}

/** Levels that are open at first. */
const OPEN = 2;

/** A value as nested lists that can be folded. */
function tree(value: Shown, depth: number): Html {
  const { type, text = "", items, size, cut } = value;
  if (type === "bytes") return hexOf(value);
  if (!items) {
    const shown = printable(type === "string" ? JSON.stringify(text) : text);
    return html`<span class="v ${type}">${shown}</span>${cut ? html`<small class="cut"> … ${size === undefined ? "" : `${count(size)} characters in all`}</small>` : ""}`;
  }
  const words = `${type}${size === undefined ? "" : `, ${count(size)} ${size === 1 ? "item" : "items"}`}`;
  if (items.length === 0 && !cut) return html`<span class="v">${words}, empty</span>`;
  return html`<details${depth < OPEN ? html` open` : ""}><summary>${words}</summary><ul>${items.map(
    (item) => html`<li><span class="name">${printable(item.name)}</span> ${tree(item.value, depth + 1)}</li>`,
  )}${cut ? html`<li class="cut"><small>… and more</small></li>` : ""}</ul></details>`;
}

/** Rows of 16 bytes: where they are, in hexadecimal digits, and as ASCII. */
function hexOf({ text = "", size = 0, cut }: Shown): Html {
  const rows: string[] = [];
  for (let i = 0; i < text.length; i += 32) {
    const pairs = text.slice(i, i + 32).match(/../g) ?? [];
    const ascii = pairs.map((pair) => {
      const code = Number.parseInt(pair, 16);
      return code > 31 && code < 127 ? String.fromCharCode(code) : ".";
    });
    rows.push(`${(i / 2).toString(16).padStart(8, "0")}  ${pairs.join(" ").padEnd(47)}  ${ascii.join("")}`);
  }
  return html`<span class="v">${bytes(size)}</span><div class="scroll" role="region" aria-label="Bytes" tabindex="0"><pre class="hex">${rows.join("\n")}</pre></div>${cut ? html`<small class="cut">… and more</small>` : ""}`;
}

function hasCuts({ cut, items }: Shown): boolean {
  return cut === true || (items?.some(({ value }) => hasCuts(value)) ?? false);
}
