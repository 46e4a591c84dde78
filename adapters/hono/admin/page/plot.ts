/**
 * Plots and bars as SVG.
 *
 * @module
 */
import { html } from "hono/html";
import type { Html } from "./words.ts";

const WIDTH = 600;
const HEIGHT = 120;

/** A point: where in time, and how much; a gap where that is not known. */
export interface Point {
  readonly at: number;
  readonly value: number | undefined;
}

/** A plot of one line, with the area below it filled. What it shows is said in `label`, for those who do not see it. */
export function plot(label: string, points: readonly Point[], top: number): Html {
  const known = points.filter(({ value }) => value !== undefined);
  const first = points[0]?.at ?? 0;
  const span = Math.max(1, (points.at(-1)?.at ?? 0) - first);
  const place = ({ at, value = 0 }: Point): string =>
    `${(((at - first) / span) * WIDTH).toFixed(1)},${(HEIGHT - Math.min(1, value / top) * (HEIGHT - 4) - 2).toFixed(1)}`;
  const line = known.map(place).join(" L");
  const [start, end] = [known[0], known.at(-1)].map((point) => place(point ?? { at: first, value: 0 }).split(",")[0]);
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">
${[0.25, 0.5, 0.75].map((part) => html`<line class="grid" x1="0" x2="${WIDTH}" y1="${HEIGHT * part}" y2="${HEIGHT * part}"/>`)}
${
  known.length < 2
    ? ""
    : html`<path class="area" d="M${start},${HEIGHT} L${line} L${end},${HEIGHT} Z"/><path class="line" d="M${line}"/>`
}</svg>`;
}

/** One bar of a list of bars. `words` stand at its end. */
export interface Bar {
  readonly label: Html | string;
  readonly value: number;
  readonly words: string;
}

/** Bars, the longest of which is as wide as there is room; with `whole`, that is it. */
export function bars(
  label: string,
  all: readonly Bar[],
  whole: number = Math.max(...all.map(({ value }) => value)),
): Html {
  return html`<ul class="bars" aria-label="${label}">${all.map(
    (bar) => html`<li><span class="bar-label">${bar.label}</span><span class="bar-words">${bar.words}</span>
<svg class="bar" aria-hidden="true"><rect class="track" width="100%" height="100%" rx="3"/><rect class="fill" width="${
      whole > 0 ? Math.max(bar.value > 0 ? 0.5 : 0, Math.min(100, (bar.value / whole) * 100)).toFixed(2) : 0
    }%" height="100%" rx="3"/></svg></li>`,
  )}</ul>`;
}
