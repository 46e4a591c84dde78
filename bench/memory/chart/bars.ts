/**
 * Bars side by side, in groups, each with its number.
 */
import { digits } from "../../table.ts";
import { colour, frame, type Series, text, WIDTH } from "./frame.ts";

/** A group of bars: one number for each series, or none. */
export interface Group {
  readonly label: string;
  readonly values: readonly (number | undefined)[];
}

const BAR = 15;
const LEFT = 150;
const LONGEST = WIDTH - LEFT - 70;

/** Draws lying bars. All groups share one scale, which begins at 0. */
export function bars(title: string, series: readonly Series[], groups: readonly Group[]): string {
  const most = Math.max(...groups.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const body: string[] = [];
  let y = 8;
  for (const { label, values } of groups) {
    const shown = values.flatMap((value, index) => (value === undefined ? [] : [{ value, index }]));
    body.push(text(LEFT - 10, y + (shown.length * BAR) / 2 + 4, label, 'text-anchor="end"'));
    for (const { value, index } of shown) {
      const length = (value / most) * LONGEST;
      const fill = colour(series[index]!, index);
      body.push(
        `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR - 2}" rx="2" fill="${fill}"/>`,
        text(LEFT + length + 6, y + BAR - 4, digits(value), 'font-size="11"'),
      );
      y += BAR;
    }
    y += 12;
  }
  return frame(title, series, y, body);
}
