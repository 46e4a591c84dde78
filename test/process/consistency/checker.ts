/**
 * Checks a history against the promises of the cache about invalidation:
 *
 * 1. After an invalidation is acknowledged, no call in its process returns the old value, and no call in another process
 *    does after the bound.
 * 2. A value whose load began before a mutation of its key never becomes visible after it.
 *
 * The rule. A read that lasted from `s` to `e` and returned the value `v` is contradicted when there is a mutation `M` that
 *
 * - hits `v`: a `set` of its key, or an invalidation of its key, of a prefix of it, or of its tags;
 * - began after `v` was settled: after the acknowledgement of the `set` that wrote it, or after the start of the loader
 *   that made it, which is when the data behind it was read;
 * - and was acknowledged before `s`, in another process earlier than `s` by the bound.
 *
 * Whatever overlaps is ambiguous and never contradicted: a `set` and a mutation at the same time may have taken place in
 * either order, and so may a read and a mutation. So a `getOrSet` that returns what its own loader made is never
 * contradicted, as it began before that loader; but one that joined an older load is, if a mutation came between.
 * What a load stores replaces older values without contradicting those who still read them, as it is a copy and not a
 * change. `expire` contradicts only calls that may not answer with stale values. A mutation that failed or never ended
 * contradicts nothing, and a value whose `set` never ended is never contradicted.
 *
 * In the same process, and where the bound is 0, only the order of the lines counts; a bound above 0 is measured by the
 * times in them, since it is one of time.
 *
 * Apart from that, a value must be of the key under which it is read, and must have been made before the read ended.
 *
 * @module
 */
import type { Call, History, Kill, Value } from "./history.ts";

/** For how long another process may return what was invalidated, in milliseconds. */
export interface Bounds {
  /** Of all calls, `getOrSet` as well unless it has its own. */
  readonly read: number;
  /** Of `getOrSet` and `getOrSetMany`, which may join a load that is under way. Default: as `read`. */
  readonly load?: number;
}

/** A read that contradicts a promise. */
export interface Violation {
  readonly kind: "invalidated" | "other key" | "never made";
  readonly read: Call;
  readonly key: string;
  readonly value: string;
  /** What was read, unless it was never made. */
  readonly written?: Value;
  /** What made it invalid before it was read. */
  readonly mutation?: Call;
}

/** What the history says. */
export interface Verdict {
  readonly violations: readonly Violation[];
  /** Values that were returned by reads and checked. */
  readonly reads: number;
  /** Of these, such as another process had written. */
  readonly foreign: number;
  /** Of these, such as were invalidated later on, so that the check had something to find. */
  readonly doomed: number;
}

interface Mutation {
  readonly call: Call;
  readonly kill: Kill;
}

/** Checks every read of a history. */
export function check(history: History, bounds: Bounds): Verdict {
  const mutations = new Mutations(history.calls);
  const makers = makersOf(history);
  const violations: Violation[] = [];
  let reads = 0;
  let foreign = 0;
  let doomed = 0;
  for (const read of history.calls) {
    const bound = read.line.name.startsWith("getOrSet") ? (bounds.load ?? bounds.read) : bounds.read;
    for (const [key, value] of read.got) {
      reads++;
      const written = history.values.get(value);
      if (!written || written.born > read.end) {
        violations.push({ kind: "never made", read, key, value });
        continue;
      }
      if (written.key !== key) {
        violations.push({ kind: "other key", read, key, value, written });
        continue;
      }
      if (makers.get(value) !== read.line.process) foreign++;
      if (mutations.hit(written)) doomed++;
      for (const { call, kill } of mutations.of(written, read.start)) {
        if ((kill.expire && read.line.stale) || !contradicts(call, read, bound)) continue;
        violations.push({ kind: "invalidated", read, key, value, written, mutation: call });
        break;
      }
    }
  }
  return { violations, reads, foreign, doomed };
}

/** Whether a mutation that makes a value invalid was acknowledged early enough before a read. */
function contradicts(mutation: Call, read: Call, bound: number): boolean {
  if (mutation.end > read.start) return false;
  const isOwn = mutation.line.process === read.line.process;
  return isOwn || bound === 0 || mutation.endTime + bound < read.line.time;
}

/** Which process made each value. */
function makersOf({ lines }: History): Map<string, number> {
  const makers = new Map<string, number>();
  for (const line of lines) {
    const made = line.event === "call" ? line.sets : line.event === "load" ? line.loads : undefined;
    for (const [, value] of made ?? []) makers.set(value, line.process);
  }
  return makers;
}

/** Acknowledged mutations by what they hit, each list in the order in which they began. */
class Mutations {
  readonly #byKey = new Map<string, Mutation[]>();
  readonly #byTag = new Map<string, Mutation[]>();
  readonly #byPrefix: Mutation[] = [];
  readonly #doomed = new Map<Value, boolean>();

  constructor(calls: readonly Call[]) {
    for (const call of calls) {
      if (call.end === Infinity) continue;
      const { sets, kill } = call.line;
      if (sets) this.#add({ call, kill: { keys: sets.map(([key]) => key) } });
      if (kill) this.#add({ call, kill });
    }
  }

  #add(mutation: Mutation): void {
    const { keys = [], tags = [], match = "any", prefixes } = mutation.kill;
    for (const key of keys) push(this.#byKey, key, mutation);
    // All of them, or exactly them: whatever has these has the first.
    for (const tag of match === "any" ? tags : tags.slice(0, 1)) push(this.#byTag, tag, mutation);
    if (prefixes) this.#byPrefix.push(mutation);
  }

  /** Whether any hits a value after it was settled. */
  hit(value: Value): boolean {
    let hit = this.#doomed.get(value);
    if (hit === undefined) this.#doomed.set(value, (hit = !this.of(value, Infinity).next().done));
    return hit;
  }

  /** Those that hit a value and began after it was settled and before a position, list by list. */
  *of(value: Value, before: number): Generator<Mutation> {
    const lists = [this.#byKey.get(value.key), ...value.tags.map((tag) => this.#byTag.get(tag)), this.#byPrefix];
    const settled = value.settled();
    for (const list of lists) {
      if (!list) continue;
      for (let at = firstAfter(list, settled); at < list.length && list[at]!.call.start < before; at++) {
        if (hits(list[at]!.kill, value)) yield list[at]!;
      }
    }
  }
}

function push(lists: Map<string, Mutation[]>, name: string, mutation: Mutation): void {
  const list = lists.get(name);
  if (list) list.push(mutation);
  else lists.set(name, [mutation]);
}

function hits({ keys, prefixes, tags, match = "any" }: Kill, value: Value): boolean {
  if (keys?.includes(value.key) || prefixes?.some((prefix) => value.key.startsWith(prefix))) return true;
  if (!tags) return false;
  if (match === "any") return tags.some((tag) => value.tags.includes(tag));
  return tags.every((tag) => value.tags.includes(tag)) && (match === "all" || value.tags.length === tags.length);
}

/** Index of the first that began after a position. */
function firstAfter(list: readonly Mutation[], position: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.call.start > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
