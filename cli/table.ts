/**
 * Tables for people: columns aligned, numbers to the right.
 *
 * @module
 */

import { printable } from "../src/observe/printable.ts";
import { withoutColors } from "./ansi.ts";

const WIDE =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

let segmenter: Intl.Segmenter | undefined;

/** What a reader takes for one character each. */
function characters(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Columns that a text takes. */
export function width(text: string): number {
  const bare = withoutColors(text);
  if (/^[ -~]*$/.test(bare)) return bare.length;
  let columns = 0;
  for (const character of characters(bare)) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}

/** Least columns that are left of a cell. */
const LEAST = 16;

/** The text in so many columns: of a longer one the beginning and the end, as keys often differ there. */
export function shorten(text: string, most: number): string {
  if (width(text) <= most) return text;
  const parts = characters(text);
  const take = (all: readonly string[], room: number): string[] => {
    let taken = 0;
    while (taken < all.length && (room -= width(all[taken]!)) >= 0) taken++;
    return all.slice(0, taken);
  };
  const tail = take(parts.toReversed(), Math.floor((most - 1) / 3)).reverse();
  return [...take(parts, most - 1 - Math.floor((most - 1) / 3)), "…", ...tail].join("");
}

/** Whether every cell of a column begins as numbers do. */
function isNumeric(cells: readonly string[]): boolean {
  return cells.some((cell) => cell !== "") && cells.every((cell) => /^(-?[\d.,]+(\s?[%A-Za-z]+)*|)$/.test(cell));
}

/** Lines of a table; `head` is painted. The last column is not padded. Where lines are longer than `room`, the widest columns are shortened. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (text: string) => string = (text) => text,
  room = Infinity,
): string[] {
  const cells = fitted(
    head,
    rows.map((row) => row.map(printable)),
    room,
  );
  const columns = head.map((title, at) => {
    const own = cells.map((row) => row[at] ?? "");
    return { width: Math.max(width(title), ...own.map(width)), right: isNumeric(own) };
  });
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => {
        const { width: most, right } = columns[at]!;
        const gap = " ".repeat(Math.max(0, most - width(cell)));
        if (right) return gap + cell;
        return at === row.length - 1 ? cell : cell + gap;
      })
      .join("  ");
  return [paint(line(head)), ...cells.map(line)];
}

/** The cells, with those of the widest columns shortened until a line fits. */
function fitted(head: readonly string[], rows: readonly string[][], room: number): readonly string[][] {
  const widths = head.map((title, at) => Math.max(width(title), ...rows.map((row) => width(row[at] ?? ""))));
  let excess = widths.reduce((sum, one) => sum + one, 2 * (widths.length - 1)) - room;
  const mosts = [...widths];
  while (excess > 0) {
    const widest = Math.max(...mosts);
    if (widest <= LEAST) break;
    // Down to the next one, so that several that are too wide share the loss.
    const next = Math.max(LEAST, ...mosts.filter((one) => one < widest));
    const at = mosts.indexOf(widest);
    const less = Math.min(excess, Math.max(1, widest - next));
    mosts[at] = widest - less;
    excess -= less;
  }
  return rows.map((row) => row.map((cell, at) => shorten(cell, mosts[at]!)));
}
