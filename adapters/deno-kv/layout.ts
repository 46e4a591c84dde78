/**
 * Where things are: every key of ours begins with one prefix and a word.
 *
 * @module
 */
import { sha256 } from "../../src/sha256.ts";
import { prefixEnd } from "../sql/liveness.ts";
import type { KvKey, KvSelector } from "./kv.ts";

/** A longer tag is known by its hash. */
const LONGEST_TAG = 500;

/** Sorts after every string. */
const AFTER_STRINGS = 0;

/** The keys of a store. */
export class Layout {
  readonly #prefix: string;
  /** The head: numbers of the store as a whole. In the range of the journal, after all changes: one list reads both. */
  readonly head: KvKey;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.head = [prefix, "journal", true];
  }

  /** The record of a key: metadata, a small value, who loads it. */
  record(key: string): KvKey {
    return [this.#prefix, "entry", key];
  }

  /** One part of a value that is too large for the record. */
  part(key: string, index: number): KvKey {
    return [this.#prefix, "part", key, index];
  }

  /** The last invalidations of a tag. */
  mark(tag: string): KvKey {
    return tag.length <= LONGEST_TAG ? [this.#prefix, "tag", tag] : [this.#prefix, "tag", hash(tag), "sha256"];
  }

  /** An invalidation by several tags. */
  rule(id: string): KvKey {
    return [this.#prefix, "rule", hash(id)];
  }

  /** One change. */
  change(version: symbol): KvKey {
    return [this.#prefix, "journal", version];
  }

  /** All marks. */
  get marks(): KvSelector {
    return { prefix: [this.#prefix, "tag"] };
  }

  /** All rules. */
  get rules(): KvSelector {
    return { prefix: [this.#prefix, "rule"] };
  }

  /** The changes after a position, and the head; without one, all of them. */
  journal(after?: number): KvSelector {
    const prefix = [this.#prefix, "journal"];
    if (after === undefined) return { prefix };
    return { prefix, start: [...prefix, (BigInt(after) + 1n).toString(16).padStart(16, "0")] };
  }

  /** The records of the keys that begin with `text`, or with `after` those of them above it. */
  records(text: string, after?: string): KvSelector {
    const [start, end] = [after ?? text, prefixEnd(text)];
    return {
      // Nothing is stored under keys of this length, so it sorts after `after` alone.
      start: after === undefined ? this.record(start) : [...this.record(start), ""],
      end: end === null ? [this.#prefix, "entry", AFTER_STRINGS] : this.record(end),
    };
  }
}

/** The position of a change that a list has found: the number of its commit, without what tells apart commits of one moment. */
export function positionOf(key: KvKey): number {
  return Number.parseInt(String(key.at(-1)).slice(0, 16), 16);
}

/** An estimate of the bytes of a key that is not below the truth. */
export function bytesOf(key: KvKey): number {
  let bytes = 0;
  // Three bytes of UTF-8 for a code unit, a NUL is two; a number has nine.
  for (const part of key) bytes += typeof part === "string" ? 3 + utf8(part) : 21;
  return bytes;
}

const encoder = /* @__PURE__ */ new TextEncoder();

function utf8(text: string): number {
  return encoder.encode(text).length;
}

function hash(text: string): string {
  return sha256(encoder.encode(text));
}
