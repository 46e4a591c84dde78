/**
 * Lines over sizes, of which each is many times the one before.
 */
import { digits } from "../../table.ts";
import { colour, frame, gridLine, type Series, text, WIDTH } from "./frame.ts";

/** A line: points in the order of x. */
export interface Line extends Series {
  readonly points: readonly (readonly [x: number, y: number])[];
}

const LEFT = 56;
const RIGHT = WIDTH - 24;
const TOP = 10;
const BOTTOM = 280;

/** Draws lines; x is logarithmic, y begins at 0. `unit` is that of y, `of` is what x counts. */
export function lines(title: string, series: readonly Line[], unit: string, of: string): string {
  const points = series.flatMap((line) => line.points);
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b);
  const [least = 1, most = 1] = [xs[0], xs.at(-1)];
  const step = stepOf(Math.max(...points.map(([, y]) => y)) / 5);
  const top = step * Math.max(1, Math.ceil(Math.max(...points.map(([, y]) => y)) / step));
  const across = (x: number): number => LEFT + (Math.log(x / least) / (Math.log(most / least) || 1)) * (RIGHT - LEFT);
  const up = (y: number): number => BOTTOM - (y / top) * (BOTTOM - TOP);
  const body: string[] = [];
  for (let y = 0; y <= top + step / 2; y += step) {
    body.push(gridLine(LEFT, up(y), RIGHT, up(y)));
    body.push(text(LEFT - 6, up(y) + 4, digits(y, step < 1 ? 1 : 0), 'text-anchor="end"'));
  }
  let free = -Infinity;
  for (const x of xs) {
    const label = digits(x);
    // Sizes may be close together: those without room for their label have none.
    if (across(x) - 4 * label.length < free) continue;
    free = across(x) + 4 * label.length;
    body.push(gridLine(across(x), BOTTOM, across(x), BOTTOM + 4));
    body.push(text(Math.min(across(x), RIGHT - 3 * label.length), BOTTOM + 18, label, 'text-anchor="middle"'));
  }
  body.push(text(LEFT, BOTTOM + 38, `${unit}, by ${of}`));
  for (const [index, line] of series.entries()) {
    const path = line.points.map(([x, y]) => `${across(x).toFixed(1)},${up(y).toFixed(1)}`).join(" ");
    const stroke = `stroke="${colour(line, index)}" stroke-width="${line.isOurs ? 3 : 1.6}"`;
    body.push(`<polyline points="${path}" fill="none" ${stroke}/>`);
  }
  return frame(title, series, BOTTOM + 50, body);
}

/** The round number next to a distance between lines of the grid. */
function stepOf(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= wanted) ?? 10);
}
