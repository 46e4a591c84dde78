/**
 * Tables for the terminal and for Markdown. The first row is the head, the first column has the names.
 */

/** For the terminal, without the marks of Markdown. */
export function asText(rows: readonly string[][]): string {
  return padded(rows.map((row) => row.map((cell) => cell.replace(/\*\*|`/g, ""))))
    .map((row) => row.join("  "))
    .join("\n");
}

/** As Markdown, in columns of the same width. */
export function asMarkdown(rows: readonly string[][]): string {
  const [head = [], ...others] = padded(rows);
  const rule = head.map((cell, column) => (column === 0 ? "-".repeat(cell.length) : `${"-".repeat(cell.length - 1)}:`));
  return [head, rule, ...others].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A number with commas between the thousands. */
export function digits(value: number, decimals: number = 0): string {
  const [whole = "", rest] = value.toFixed(decimals).split(".");
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",") + (rest === undefined ? "" : `.${rest}`);
}

function padded(rows: readonly string[][]): string[][] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))));
}
