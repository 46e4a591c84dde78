/**
 * The page that shows how the cache is doing.
 *
 * @module
 */
import { html } from "hono/html";
import type { CacheHealth, CacheStats, TierHealth } from "../../../../src/stats.ts";
import { missing } from "../api-observe.ts";
import type { History, Rate } from "../history.ts";
import { textOf } from "../keys.ts";
import { layout, type Page, table } from "./layout.ts";
import { bars, plot } from "./plot.ts";
import { bytes, count, type Html, latency, named, percent, queryOf, rate } from "./words.ts";

/** What is shown. */
export interface Doings {
  readonly stats: CacheStats;
  /** `undefined` where the cache could not be asked. */
  readonly health: CacheHealth | undefined;
  readonly history: History;
  readonly isDisabled: boolean;
}

const STATUS = { ok: "All tiers are well", degraded: "Some tiers are not well", down: "No tier is well" };

/** Parts that the page gets anew while it is looked at: each has a name, by which it is found. */
export function liveParts(page: Page, doings: Doings): Html {
  const { stats, health, history, isDisabled } = doings;
  const rates = history.rates();
  const status = health?.status ?? "down";
  return html`<section data-live="status"><p class="status ${status}"><span class="dot" aria-hidden="true"></span>${STATUS[status]}${
    isDisabled ? " · the cache is switched off" : ""
  }</p></section>
<section data-live="tiles" aria-label="Numbers">${tiles(stats, rates.at(-1))}</section>
<div class="two">
<section class="card" data-live="hit-rate">${hitRates(rates)}</section>
<section class="card" data-live="operations">${operations(rates)}</section>
</div>
<section class="card" data-live="tiers"><h2>Tiers</h2>${tiers(health?.tiers ?? [])}</section>
<div class="two">
<section class="card" data-live="memory"><h2>Memory</h2>${memory(stats)}</section>
<section class="card" data-live="evictions"><h2>What left, and why</h2>${evictions(stats)}</section>
</div>
<section class="card" data-live="hot"><h2>Hot keys</h2>${hotKeys(page)}</section>`;
}

export function overview(page: Page, doings: Doings): Html {
  const title = html`<div class="heading live"><h1>Overview</h1><button type="button" class="quiet" data-pause hidden>Pause</button></div>`;
  return layout(page, "Overview", "", html`${title}<div id="live" data-every="2000">${liveParts(page, doings)}</div>`);
}

function tiles(
  { hitRate, hits, staleHits, misses, size, bytes: used, loads, loadErrors, evictions }: CacheStats,
  now: Rate | undefined,
): Html {
  const gone = Object.values(evictions).reduce((sum, number) => sum + number, 0);
  const all: readonly [label: string, value: string, more: string][] = [
    ["Hit rate", percent(hitRate), `${count(hits + staleHits)} of ${count(hits + staleHits + misses)} reads`],
    [
      "Reads per second",
      now ? rate(now.reads) : "–",
      now ? `${rate(now.writes)} writes per second` : "as soon as there are two looks",
    ],
    ["Entries in memory", count(size), bytes(used)],
    ["Loads", count(loads), `${count(loadErrors)} failed`],
    ["Left by themselves", count(gone), "see below"],
  ];
  return html`<dl class="tiles">${all.map(
    ([label, value, more]) =>
      html`<div><dt>${label}</dt><dd><strong>${value}</strong><small>${more}</small></dd></div>`,
  )}</dl>`;
}

function hitRates(rates: readonly Rate[]): Html {
  const last = rates.findLast(({ hitRate }) => hitRate !== undefined)?.hitRate;
  const words = last === undefined ? "no reads yet" : `${percent(last)} of the last reads`;
  const points = rates.map(({ at, hitRate }) => ({ at, value: hitRate }));
  return html`<h2>Hit rate <small>${words}</small></h2>${plot(`Hit rate over time: ${words}`, points, 1)}${scale("0 to 100%", rates)}`;
}

function operations(rates: readonly Rate[]): Html {
  const most = Math.max(0, ...rates.map(({ reads, writes }) => reads + writes));
  const last = rates.at(-1);
  const words = last ? `${rate(last.reads + last.writes)} now` : "nothing yet";
  const points = rates.map(({ at, reads, writes }) => ({ at, value: reads + writes }));
  return html`<h2>Operations per second <small>${words}</small></h2>${plot(`Operations per second over time: ${words}, ${rate(most)} at most`, points, most || 1)}${scale(`0 to ${rate(most)}`, rates)}`;
}

function scale(range: string, rates: readonly Rate[]): Html {
  const seconds = Math.round(((rates.at(-1)?.at ?? 0) - (rates[0]?.at ?? 0)) / 1_000);
  return html`<p class="scale"><span>${seconds > 0 ? `last ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}` : ""}</span><span>${range}</span></p>`;
}

function tiers(all: readonly TierHealth[]): Html {
  const rows = all.map(
    (tier) => html`<tr><th scope="row">${tier.name}</th>
<td><span class="state ${tier.ok ? "ok" : "bad"}"><span class="dot" aria-hidden="true"></span>${tier.ok ? "well" : "not well"}</span>${
      tier.breaker === "closed" ? "" : html` <span class="chip">breaker ${tier.breaker}</span>`
    }${tier.error === undefined ? "" : html`<br><small class="wrap">${tier.error}</small>`}</td>
<td class="n">${latency(tier.latency)}</td><td class="n">${tier.entries === undefined ? "–" : count(tier.entries)}</td>
<td class="n">${count(tier.hits)}</td><td class="n">${count(tier.misses)}</td><td class="n">${count(tier.sets)}</td><td class="n">${count(tier.errors)}</td></tr>`,
  );
  const columns = ["Tier", "Health", "Latency", "Entries", "Hits", "Misses", "Sets", "Faults"];
  return table("Tiers", columns, rows, "The tiers could not be asked.");
}

function memory({ tiers }: CacheStats): Html {
  const all = tiers.flatMap(({ name, entries, bytes: used, maxEntries, maxBytes }) => [
    ...(entries === undefined ? [] : [part(`${name}: entries`, entries, maxEntries, count)]),
    ...(used === undefined ? [] : [part(`${name}: bytes`, used, maxBytes, bytes)]),
  ]);
  return all.length === 0 ? html`<p class="empty">No tier keeps its entries in this process.</p>` : html`${all}`;
}

function part(label: string, value: number, most: number | undefined, words: (value: number) => string): Html {
  const isBound = most !== undefined && Number.isFinite(most);
  const text = isBound
    ? `${words(value)} of ${words(most)}, ${percent(value / most)}`
    : `${words(value)}, without a bound`;
  return bars(label, [{ label, value: isBound ? value : 0, words: text }], isBound ? most : 1);
}

function evictions({ evictions }: CacheStats): Html {
  const all = Object.entries(evictions).sort(([, a], [, b]) => b - a);
  if (all.length === 0) return html`<p class="empty">Nothing has left yet.</p>`;
  return bars(
    "What left, by reason",
    all.map(([reason, value]) => ({ label: reason, value, words: count(value) })),
  );
}

function hotKeys({ admin, base }: Page): Html {
  if (!admin.hotKeys) return html`<p class="empty">${missing("hotKeys")}.</p>`;
  const all = admin.hotKeys.top(10).map(({ key, count: reads }) => {
    const text = textOf(key);
    const link = html`<a class="key" href="${base}/entry${queryOf({ key: text })}">${named(text, 120)}</a>`;
    return { label: link, value: reads, words: `${count(reads)} reads` };
  });
  return all.length === 0 ? html`<p class="empty">Nothing was read yet.</p>` : bars("Hot keys", all);
}
