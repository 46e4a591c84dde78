/**
 * Tells a violation: the read, what it read, what made that invalid, and the lines around.
 *
 * @module
 */
import type { Violation } from "./checker.ts";
import type { Call, History, Line } from "./history.ts";

/** Most lines of one excerpt. */
const MOST = 60;

/** A violation as text, with the lines that concern its key, from the one in which the value was made to the end of the read. */
export function describe(violation: Violation, history: History): string {
  const { kind, read, key, value, written, mutation } = violation;
  const facts = [
    `${kind}: process ${read.line.process} read ${value} under ${key} by ${read.line.name} (lines ${place(read)})`,
    written && `  made at line ${written.born + 1}, with tags [${written.tags.join(", ")}]`,
    mutation &&
      `  invalidated by ${mutation.line.name} of process ${mutation.line.process} (lines ${place(mutation)}), ` +
        `acknowledged ${read.line.time - mutation.endTime} ms before the read began`,
  ];
  const from = Math.max(0, written?.born ?? read.start - MOST);
  const to = read.end === Infinity ? read.start : read.end;
  const calls = new Set<string>();
  const about: string[] = [];
  for (let at = from; at <= to; at++) {
    const line = history.lines[at]!;
    const id = `${line.process}/${line.call}`;
    const isAbout = concerns(line, key, value, written?.tags ?? []);
    if (isAbout && line.event === "call") calls.add(id);
    if (isAbout || calls.has(id)) about.push(`  ${at + 1}: ${JSON.stringify(line)}`);
  }
  const left = about.length - MOST;
  if (left > 0) about.splice(MOST / 2, left, `  … ${left} lines …`);
  return [...facts, ...about].filter(Boolean).join("\n");
}

function place({ start, end }: Call): string {
  return `${start + 1}–${end === Infinity ? "never" : end + 1}`;
}

/** Whether a line is about a key: names it, its value, or invalidates it. */
function concerns(line: Line, key: string, value: string, tags: readonly string[]): boolean {
  if (line.event === "call") {
    const { reads, sets, kill } = line;
    return Boolean(
      reads?.includes(key) ||
        sets?.some(([name]) => name === key) ||
        kill?.keys?.includes(key) ||
        kill?.prefixes?.some((prefix) => key.startsWith(prefix)) ||
        kill?.tags?.some((tag) => tags.includes(tag)),
    );
  }
  if (line.event === "load") return line.loads.some(([name]) => name === key);
  return line.event === "done" && Boolean(line.got?.some(([, got]) => got === value));
}
