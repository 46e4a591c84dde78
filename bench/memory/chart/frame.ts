/**
 * What the charts have in common: SVG without scripts, in colours that are readable on light and dark pages.
 */

/** Size of a chart, in pixels. */
export const WIDTH = 760;

/** One line, or one colour of bars. */
export interface Series {
  readonly label: string;
  /** Ours is drawn to be seen first. */
  readonly isOurs?: boolean;
}

const COLOURS = "#8a8f98 #d9822b #3f8fc4 #4f9d69 #b3599e #8c6d46 #6b6bb8 #c2504a #2aa198 #a0a83a #5b7a99 #e0a3c8".split(
  " ",
);

/** Colour of a series: Tiercel has one of its own. */
export function colour({ isOurs }: Series, index: number): string {
  return isOurs ? "#d6336c" : COLOURS[index % COLOURS.length]!;
}

/** A chart with its title and the names of its series. `body` begins below the legend, at y = 0. */
export function frame(title: string, series: readonly Series[], height: number, body: readonly string[]): string {
  const legend: string[] = [];
  let x = 16;
  let y = 52;
  for (const [index, one] of series.entries()) {
    const width = 28 + 7 * one.label.length;
    if (x + width > WIDTH - 8) {
      x = 16;
      y += 20;
    }
    legend.push(`<rect x="${x}" y="${y - 9}" width="10" height="10" fill="${colour(one, index)}"/>`);
    legend.push(text(x + 15, y, one.label, one.isOurs ? 'font-weight="bold"' : ""));
    x += width;
  }
  const total = y + 20 + height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" width="${WIDTH}" height="${total}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    "<style>text { fill: #24292f } .grid { stroke: #d0d7de } svg { background: #fff }",
    "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #3d444d } svg { background: #0d1117 } }</style>",
    text(16, 26, title, 'font-size="15" font-weight="bold"'),
    ...legend,
    `<g transform="translate(0 ${y + 20})">`,
    ...body,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** A text; `how` is further attributes. */
export function text(x: number, y: number, content: string, how: string = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${how && ` ${how}`}>${escaped(content)}</text>`;
}

/** A line of the grid. */
export function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line class="grid" x1="${a}" y1="${b}" x2="${c}" y2="${d}"/>`;
}

const escaped = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
