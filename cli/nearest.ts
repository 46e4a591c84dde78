/**
 * What was meant by a name that there is not.
 *
 * @module
 */

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}

/** The nearest of some names, where one is near enough to be meant. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(text.length / 3));
  const all = names.map((name) => ({
    name,
    far: name.startsWith(text) && text.length > 2 ? 1 : distance(text.slice(0, 40), name),
  }));
  return all.filter(({ far }) => far <= most).sort((a, b) => a.far - b.far)[0]?.name;
}
