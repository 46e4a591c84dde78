/**
 * Going through the index, a page at a time: listing, counting, clearing, pruning.
 *
 * One page is one call, and one step of Redis, of some milliseconds. In a cluster it is two: which keys there are, and
 * then what is to be done to them, so that the cluster knows of each key (see scripts/walk.ts).
 *
 * @module
 */
import type { ScanOptions, ScanResult } from "../../src/tier.ts";
import { isStorable } from "./keys.ts";
import { partsOf, type Reply, textOf } from "./link.ts";
import type { Session } from "./session.ts";

/** Keys of one page where the caller names none. */
const PAGE = 1_000;

/** Most pages of one prune, so that it stays within its time. */
const PRUNE_PAGES = 10;

/** A page of live keys. The cursor is the last key that was looked at. */
export async function scan(session: Session, options: ScanOptions): Promise<ScanResult> {
  const { prefix, cursor, limit, now, leased = false } = options;
  if (!isStorable(prefix)) return { keys: [] };
  const page = await readPage(session, prefix, cursor, Math.max(1, Math.min(limit, PAGE)), now, "k", leased);
  return page.cursor === undefined ? { keys: page.keys } : { keys: page.keys, cursor: page.cursor };
}

/** The number of live entries with a prefix. */
export async function size(session: Session, prefix: string, now: number): Promise<number> {
  if (!isStorable(prefix)) return 0;
  let total = 0;
  let cursor: string | undefined;
  do {
    const page = await readPage(session, prefix, cursor, PAGE, now, "n", false);
    total += page.count;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return total;
}

interface Page {
  readonly keys: readonly string[];
  readonly count: number;
  readonly cursor: string | undefined;
}

async function readPage(
  session: Session,
  prefix: string,
  after: string | undefined,
  limit: number,
  now: number,
  what: "k" | "n",
  leased: boolean,
): Promise<Page> {
  const { isCluster } = session.link;
  const { parts } = await session.ask(
    "scan",
    now,
    [],
    [prefix, ...cursorArguments(after), String(limit), what, leased ? "1" : "0", isCluster ? "0" : "1"],
  );
  const cursor = cursorOf(parts[0]);
  const keys = textsOf(parts[2]);
  if (!isCluster) return { keys, count: Number(parts[1]), cursor };
  const members = textsOf(parts[3]);
  const states = await session.ask("get", now, members, ["s", "0", "0", "0", "0", "0"]);
  const marks = textOf(states.parts[0]);
  const live = members.filter((_, index) => marks[index] === "1" || marks[index] === "2");
  return { keys: [...keys, ...live], count: live.length, cursor };
}

/** Removes all entries with a prefix; tells of each page. */
export async function clear(session: Session, prefix: string, now: number, progress?: () => void): Promise<void> {
  if (!isStorable(prefix)) return;
  const { isCluster } = session.link;
  let keys: readonly string[] = [];
  for (;;) {
    const { parts } = await session.ask("clear", now, keys, [prefix, String(PAGE), isCluster ? "0" : "1"]);
    if (textOf(parts[0]) === "1") return;
    keys = textsOf(parts[1]);
    progress?.();
  }
}

/** Removes what is over, a part of the index at a time. */
export class Pruner {
  readonly #session: Session;
  readonly #mostTags: number;
  /** Where the next one goes on. */
  #cursor: string | undefined;
  /** Keys written since a page of the index was looked at. */
  #written = 0;

  constructor(session: Session, mostTags: number) {
    this.#session = session;
    this.#mostTags = mostTags;
  }

  /** Removes at most `limit` entries; answers with their keys. */
  async prune(limit: number, now: number): Promise<readonly string[]> {
    const pruned: string[] = [];
    for (let page = 0; page < PRUNE_PAGES && pruned.length < limit; page++) {
      pruned.push(...(await this.#page(limit - pruned.length, now)));
      if (this.#cursor === undefined) break;
    }
    return pruned;
  }

  /**
   * Is told of writes that did not look after the index themselves: every half page of them a page of it is looked at,
   * in the background, so that what is gone does not pile up.
   */
  tend(written: number, now: number): void {
    this.#written += written;
    if (this.#written < PAGE / 2) return;
    this.#written = 0;
    this.#session.background(this.#page(PAGE, now));
  }

  async #page(most: number, now: number): Promise<readonly string[]> {
    const from = cursorArguments(this.#cursor);
    const { isCluster } = this.#session.link;
    const rest = [String(PAGE), String(most), String(this.#mostTags), isCluster ? "0" : "1"];
    const { parts } = await this.#session.ask("prune", now, [], [...from, ...rest]);
    this.#cursor = cursorOf(parts[0]);
    if (!isCluster) return textsOf(parts[2]);
    const members = textsOf(parts[1]);
    if (members.length === 0) return [];
    const checked = await this.#session.ask("prune", now, members, [...from, ...rest]);
    const stopped = cursorOf(checked.parts[0]);
    if (stopped !== undefined) this.#cursor = stopped;
    return textsOf(checked.parts[2]);
  }
}

function cursorArguments(cursor: string | undefined): [string, string] {
  return cursor === undefined ? ["0", ""] : ["1", cursor];
}

function cursorOf(reply: Reply | undefined): string | undefined {
  return reply === null || reply === undefined ? undefined : textOf(reply);
}

function textsOf(reply: Reply | undefined): string[] {
  return partsOf(reply).map(textOf);
}
