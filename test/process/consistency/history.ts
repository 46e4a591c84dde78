/**
 * A history: what several processes did to one cache, in one order.
 *
 * Each process appends a line before a call and one after its acknowledgement to one file, and one when a loader starts.
 * The file is opened for appending, so the order of the lines is the order in which they were written, whoever wrote
 * them: if an acknowledgement stands before a call, it was given before that call began.
 *
 * Keys and tags are whole: `scope|key` and `scope|tag`, where the scope of the cache itself is empty. Each value is
 * written once, so that a read tells which write it saw.
 *
 * @module
 */

/** A value that is written: the key, the value itself, and the tags that the entry has. */
export type Written = readonly [key: string, value: string, tags: readonly string[]];

/** What a mutation makes invalid. */
export interface Kill {
  readonly keys?: readonly string[];
  /** Every key that begins with one of these. */
  readonly prefixes?: readonly string[];
  readonly tags?: readonly string[];
  /** How the tags are matched. Default `"any"`. */
  readonly match?: "any" | "all" | "exact";
  /** Makes entries stale instead of removing them: calls that may serve stale values still get them. */
  readonly expire?: boolean;
}

/** One line of the file. */
export type Line = {
  /** Milliseconds since the epoch, by the machine's clock. */
  readonly time: number;
  readonly process: number;
  /** Number of the call, its own in each process. */
  readonly call: number;
} & (
  | {
      readonly event: "call";
      readonly name: string;
      /** May answer with stale values. */
      readonly stale?: boolean;
      readonly reads?: readonly string[];
      readonly sets?: readonly Written[];
      readonly kill?: Kill;
    }
  | { readonly event: "load"; readonly loads: readonly Written[] }
  | { readonly event: "done"; readonly got?: readonly (readonly [key: string, value: string])[] }
  | { readonly event: "fail"; readonly error: string }
);

/** A call, by the positions of its lines. */
export interface Call {
  readonly line: Line & { readonly event: "call" };
  readonly start: number;
  /** `Infinity` while it is not acknowledged. */
  end: number;
  endTime: number;
  got: readonly (readonly [key: string, value: string])[];
  error?: string;
}

/** A value, and from which position on a mutation that begins makes it invalid. */
export interface Value {
  readonly key: string;
  readonly value: string;
  readonly tags: readonly string[];
  /** Position of the first line that speaks of it. */
  readonly born: number;
  /** The end of its `set`, which may be `Infinity`, or the start of its loader. */
  readonly settled: () => number;
}

/** A history with its lines put together. */
export interface History {
  readonly lines: readonly Line[];
  /** In the order in which they began. */
  readonly calls: readonly Call[];
  readonly values: ReadonlyMap<string, Value>;
}

/** Puts the lines together. @throws {Error} when they contradict themselves, which is a fault of the test */
export function historyOf(lines: readonly Line[]): History {
  const calls: Call[] = [];
  const open = new Map<string, Call>();
  const values = new Map<string, Value>();
  const add = ([key, value, tags]: Written, born: number, settled: () => number): void => {
    if (values.has(value))
      throw new Error(`Cannot check history as each value must be written once: received ${value}`);
    values.set(value, { key, value, tags, born, settled });
  };
  lines.forEach((line, at) => {
    const name = `${line.process}/${line.call}`;
    if (line.event === "call") {
      const call: Call = { line, start: at, end: Infinity, endTime: Infinity, got: [] };
      calls.push(call);
      open.set(name, call);
      for (const written of line.sets ?? []) add(written, at, () => call.end);
      return;
    }
    // A loader may start after its caller was answered: it refreshes.
    if (line.event === "load") {
      for (const written of line.loads) add(written, at, () => at);
      return;
    }
    const call = open.get(name);
    if (!call) throw new Error(`Cannot check history as each call must begin before it ends: received ${name}`);
    open.delete(name);
    if (line.event === "fail") {
      call.error = line.error;
      return;
    }
    call.end = at;
    call.endTime = line.time;
    call.got = line.got ?? [];
  });
  return { lines, calls, values };
}

/** Lines of a file; a last one that a killed process left half-written is left out. */
export function linesOf(text: string): Line[] {
  const lines = text.split("\n");
  const last = lines.pop();
  const whole = last === "" || last === undefined ? lines : [...lines, ...(last.endsWith("}") ? [last] : [])];
  return whole.map((line) => JSON.parse(line) as Line);
}
