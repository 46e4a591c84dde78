/**
 * Why a codec cannot take a value, and where in the value that is.
 *
 * Encoders check as they go, without keeping track of where they are; only when they refuse is the value walked again to
 * find the place.
 *
 * @module
 */
import { CodecError } from "../../errors.ts";
import { type Kind, kindOf, MAX_DEPTH, nameOf } from "./kind.ts";

/** What a codec takes. */
export interface Acceptance {
  /** Id of the codec, for the message. */
  readonly codec: string;
  /** Whether an object may contain itself. */
  readonly cycles: boolean;
  /** Kinds of objects that it takes. */
  readonly kinds: readonly Kind[];
  /** What is wrong with a part of the value besides its kind, or `undefined` if nothing is. */
  fault(part: unknown, kind: Kind | undefined): string | undefined;
}

/** The error that says what in `value` a codec cannot take, and its path: `$.users[2].born`. */
export function refusal(acceptance: Acceptance, value: unknown): CodecError {
  const found = findFault(acceptance, value) ?? "a value that changes while it is read";
  return new CodecError(`Cannot encode value as ${acceptance.codec} must give it back equal: received ${found}`);
}

/** What in `value` a codec cannot take, and where; `undefined` when it can take it all. */
export function findFault(acceptance: Acceptance, value: unknown): string | undefined {
  return search({ acceptance, above: new Set(), faultless: new Map() }, value, "$");
}

/** One walk through a value. */
interface Walk {
  readonly acceptance: Acceptance;
  /** The objects that lead to the place where it is. */
  readonly above: Set<object>;
  /**
   * Objects in which nothing was found, with the deepest level of each: what is shared is not looked through once for each of its paths, as
   * there may be no end to these.
   */
  readonly faultless: Map<object, number>;
}

function search(walk: Walk, part: unknown, path: string): string | undefined {
  const { acceptance, above, faultless } = walk;
  if (typeof part !== "object" || part === null) return faultOf(acceptance, part, undefined, path);
  if (above.has(part)) return acceptance.cycles ? undefined : `a circular reference at ${path}`;
  const level = above.size;
  // Where cycles are taken, an object that came before is a reference to it, at whatever level.
  if ((acceptance.cycles && faultless.has(part)) || level <= (faultless.get(part) ?? -1)) return undefined;
  if (level >= MAX_DEPTH) return `more than ${MAX_DEPTH} levels at ${path.slice(0, 60)}…`;
  const kind = kindOf(part);
  const found = faultOf(acceptance, part, kind, path);
  if (found !== undefined) return found;
  above.add(part);
  for (const [step, child] of children(part, kind)) {
    const deeper = search(walk, child, path + step);
    if (deeper !== undefined) return deeper;
  }
  above.delete(part);
  faultless.set(part, level);
  return undefined;
}

function faultOf(acceptance: Acceptance, part: unknown, kind: Kind | undefined, path: string): string | undefined {
  let what: string | undefined;
  if (typeof part === "function") what = "a function";
  else if (typeof part === "symbol") what = "a symbol";
  else if (kind !== undefined && !acceptance.kinds.includes(kind)) what = nameOf(part as object);
  else what = acceptance.fault(part, kind);
  return what && `${what} at ${path}`;
}

/** The parts of an object with their steps of the path. Keys of maps are values, so they are shown by number. */
function* children(part: object, kind: Kind): Iterable<[step: string, child: unknown]> {
  if (kind === "map") {
    let index = 0;
    for (const [key, value] of part as Map<unknown, unknown>) {
      yield [`<key ${index}>`, key];
      yield [`<value ${index++}>`, value];
    }
  } else if (kind === "set") {
    let index = 0;
    for (const item of part as Set<unknown>) yield [`<item ${index++}>`, item];
  } else if (kind === "error") {
    for (const key of new Set(["cause", "errors", ...Object.keys(part)])) {
      if (Object.hasOwn(part, key)) yield [step(key), (part as Record<string, unknown>)[key]];
    }
  } else if (kind === "object" || kind === "bare" || kind === "array") {
    for (const key of Object.keys(part)) {
      yield [kind === "array" && /^\d+$/.test(key) ? `[${key}]` : step(key), (part as Record<string, unknown>)[key]];
    }
  }
}

function step(key: string): string {
  const short = key.length > 40 ? `${key.slice(0, 40)}…` : key;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${short}` : `[${JSON.stringify(short)}]`;
}
