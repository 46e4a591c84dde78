/**
 * Tables for people: columns aligned, numbers to the right.
 *
 * @module
 */

import { withoutColors } from "./ansi.ts";

/** The text without what would change the terminal: control characters are shown as escapes. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const known: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return known[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

const WIDE =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

/** Columns that a text takes. */
export function width(text: string): number {
  let columns = 0;
  for (const character of withoutColors(text)) {
    if (/\p{Mark}/u.test(character)) continue;
    columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

/** Whether every cell of a column begins as numbers do. */
function isNumeric(cells: readonly string[]): boolean {
  return cells.some((cell) => cell !== "") && cells.every((cell) => /^(-?[\d.,]+(\s?[%A-Za-z]+)*|)$/.test(cell));
}

/** Lines of a table; `head` is painted. The last column is not padded. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (text: string) => string = (text) => text,
): string[] {
  const cells = rows.map((row) => row.map(printable));
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
