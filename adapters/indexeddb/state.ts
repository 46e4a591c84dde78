/**
 * What is kept beside the entries: the head, marks of tags, rules, leases.
 *
 * @module
 */
import { CorruptError } from "../../src/errors.ts";
import { type Head, isHead, type Mark, type Rule } from "../marks.ts";
import { answer, between, type IdbKey, type IdbStore, type IdbTransaction } from "./idb.ts";

/** Key of the {@linkcode Head}. */
export const HEAD: IdbKey = ["head"];

/** Above every string: lists come after strings. */
const END: IdbKey = [];

/** The last invalidations of a tag. */
export interface TagMark extends Mark {
  /** The higher of the two, for the index. */
  readonly last: number;
  /** Of the head when it was made: what is older and comes later may have been hit by one that was dropped. */
  readonly floor: number;
  /** Entries that it made misses are still to be removed. */
  readonly pending?: 1;
}

/** Of a tag that was never invalidated: what a mark that was dropped had hit was seen to before. */
export const UNMARKED: Mark = { deleted: 0, expired: 0 };

/** Who loads a key. */
export interface Lease {
  readonly token: number;
  /** One that ran out stays until it is taken, given back or revoked. */
  readonly until: number;
}

/** Keys of the state. */
export const leaseKey = (key: string): IdbKey => ["lease", key];
export const tagKey = (tag: string): IdbKey => ["tag", tag];
export const ruleKey = (id: string): IdbKey => ["rule", id];

/** All records of a kind. */
export function allOf(kind: "tag" | "rule"): object {
  return between([kind], [kind, END]);
}

/** The keys that begin with `prefix`, or with `after` those of them above it. */
export function keyRange(prefix: string, after?: string): object {
  return between(after ?? prefix, prefixEnd(prefix), after !== undefined);
}

/** Leases of the keys that begin with `prefix`, or with `after` those of them above it. */
export function leaseRange(prefix: string, after?: string): object {
  return between(leaseKey(after ?? prefix), ["lease", prefixEnd(prefix)], after !== undefined);
}

/** Index keys of the entries that have a tag, or with `below` of those whose sequence is lower. */
export function taggedRange(tag: string, below?: number): object {
  return between([tag], [tag, below ?? END]);
}

/** The least key above all strings that begin with `prefix`: IndexedDB orders strings by their UTF-16 units. */
function prefixEnd(prefix: string): IdbKey {
  const kept = prefix.replace(/\uffff+$/, "");
  if (kept === "") return END;
  const last = kept.length - 1;
  return kept.slice(0, last) + String.fromCharCode(kept.charCodeAt(last) + 1);
}

/** The state of a transaction, with what was read of it. */
export class State {
  readonly #store: IdbStore;

  constructor(transaction: IdbTransaction) {
    this.#store = transaction.objectStore("state");
  }

  /** @throws {CorruptError} when the record is lost, which nobody but the user can bring about */
  async head(): Promise<Head> {
    const head = await answer(this.#store.get(HEAD));
    if (isHead(head)) return head;
    throw new CorruptError("Cannot read invalidation sequence as the store state must have a head with integers");
  }

  /** The marks of tags; those that were never invalidated have none. */
  async marks(tags: Iterable<string>): Promise<ReadonlyMap<string, TagMark>> {
    const names = [...new Set(tags)];
    const found = await Promise.all(names.map((tag) => answer(this.#store.get(tagKey(tag)))));
    return new Map(found.flatMap((mark, index) => (mark === undefined ? [] : [[names[index]!, mark as TagMark]])));
  }

  async rules(): Promise<readonly Rule[]> {
    return (await answer(this.#store.getAll(allOf("rule")))) as Rule[];
  }

  /** The leases of keys, also those that ran out. */
  async leases(keys: Iterable<string>): Promise<Map<string, Lease>> {
    const names = [...new Set(keys)];
    const found = await Promise.all(names.map((key) => answer(this.#store.get(leaseKey(key)))));
    return new Map(found.flatMap((lease, index) => (lease === undefined ? [] : [[names[index]!, lease as Lease]])));
  }

  put(key: IdbKey, value: Head | TagMark | Rule | Lease): void {
    this.#store.put(value, key);
  }

  delete(key: IdbKey | object): void {
    this.#store.delete(key);
  }

  /** What is in the store itself, for counts and indexes. */
  get store(): IdbStore {
    return this.#store;
  }
}
