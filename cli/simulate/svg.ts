/**
 * Curves as SVG.
 *
 * @module
 */
import { count, percent } from "../units.ts";
import type { Curve } from "./replay.ts";

/** Okabe and Ito's palette, which people with any colour vision can tell apart. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 420, 64, 24, 40, 64];

/** An image: hit ratio upwards, size to the right in equal ratios. */
export function svg(title: string, sizes: readonly number[], curves: readonly Curve[]): string {
  const highest = Math.max(0.01, ...curves.flatMap(({ ratios }) => ratios));
  const [low, high] = [Math.log(sizes[0]!), Math.log(sizes.at(-1)!)];
  const x = (size: number): number =>
    LEFT + (high === low ? 0 : ((Math.log(size) - low) / (high - low)) * (WIDTH - LEFT - RIGHT));
  const y = (ratio: number): number => HEIGHT - BOTTOM - (ratio / highest) * (HEIGHT - TOP - BOTTOM);
  const at = (value: number): string => value.toFixed(1);
  const text = (one: string): string => one.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  const lines = [0, 0.25, 0.5, 0.75, 1].map((part) => part * highest);
  const ticks = [0, 1, 2, 3, 4].map((part) => sizes[Math.round((part / 4) * (sizes.length - 1))]!);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${text(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="24" font-size="14">${text(title)}</text>`,
    ...lines.flatMap((ratio) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(ratio))}" y2="${at(y(ratio))}" stroke="#ddd"/>`,
      `<text x="${LEFT - 8}" y="${at(y(ratio) + 4)}" text-anchor="end">${percent(ratio)}</text>`,
    ]),
    ...[...new Set(ticks)].map(
      (size) => `<text x="${at(x(size))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${count(size)}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - BOTTOM + 36}" text-anchor="middle">entries</text>`,
    ...curves.flatMap(({ policy, ratios }, index) => {
      const color = COLORS[index % COLORS.length]!;
      const points = ratios.map((ratio, i) => `${at(x(sizes[i]!))},${at(y(ratio))}`).join(" ");
      const place = LEFT + index * 130;
      return [
        `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2"/>`,
        `<line x1="${place}" x2="${place + 20}" y1="${HEIGHT - 12}" y2="${HEIGHT - 12}" stroke="${color}" stroke-width="2"/>`,
        `<text x="${place + 26}" y="${HEIGHT - 8}">${text(policy)}</text>`,
      ];
    }),
    "</svg>",
    "",
  ].join("\n");
}
