/**
 * Curves in the terminal, in characters.
 *
 * @module
 */
import { count, percent } from "../units.ts";
import type { Curve } from "./replay.ts";

const MARKS = ["●", "○", "△", "□", "×", "+"];
const [WIDTH, HEIGHT] = [60, 16];

/** Lines of a plot: hit ratio upwards, size to the right in equal ratios. */
export function plot(sizes: readonly number[], curves: readonly Curve[]): string[] {
  const highest = Math.max(0.01, ...curves.flatMap(({ ratios }) => ratios));
  const grid = Array.from({ length: HEIGHT }, () => new Array<string>(WIDTH).fill(" "));
  const [low, high] = [Math.log(sizes[0]!), Math.log(sizes.at(-1)!)];
  const column = (size: number): number =>
    high === low ? 0 : Math.round(((Math.log(size) - low) / (high - low)) * (WIDTH - 1));
  // The first curve is on top.
  [...curves].reverse().forEach(({ ratios }, behind) => {
    const mark = MARKS[(curves.length - 1 - behind) % MARKS.length]!;
    ratios.forEach((ratio, at) => {
      grid[HEIGHT - 1 - Math.round((ratio / highest) * (HEIGHT - 1))]![column(sizes[at]!)] = mark;
    });
  });
  const label = (row: number): string =>
    row % 5 === 0 ? percent(highest * (1 - row / (HEIGHT - 1))).padStart(6) : "      ";
  const [left, right] = [count(sizes[0]!), count(sizes.at(-1)!)];
  return [
    ...grid.map((row, at) => `${label(at)} │${row.join("").trimEnd()}`),
    `       └${"─".repeat(WIDTH)}`,
    `        ${left}${right.padStart(WIDTH - left.length)}`,
    `        ${curves.map(({ policy }, at) => `${MARKS[at % MARKS.length]} ${policy}`).join("   ")}   (hit ratio by entries)`,
  ];
}
