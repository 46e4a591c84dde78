/**
 * Keys of calls: canonical, injective text for the arguments of a function.
 *
 * Equal arguments have one key, whatever the order of properties, of members of a Set and of entries of a Map;
 * different ones have different keys, `-0` and `0`, `undefined` and a missing property, a hole and `undefined` included.
 * What text cannot say is refused, and never guessed: a wrong guess gives one caller the result of another.
 *
 * A call with one string has that string as its key, any other a list in parentheses: `(42,{"page":1})`. Every part
 * says by its first character what it is and where it ends, so that no two lists have the same text.
 *
 * @module
 */
import { invalid, KeyError } from "../errors.ts";
import { listOf, UNUSABLE } from "../key.ts";
import { builtIn } from "./built-in.ts";
import { isSignal } from "./signals.ts";
import type { AnyFunction, KeyOptions } from "./types.ts";

/** An object that has this as a property with a true value is no part of a key, as if it were `undefined`: a logger, a database client. */
export const ignored: unique symbol = /* @__PURE__ */ Symbol.for("tiercel.ignored");

/** What is left out of the keys of a function. */
export interface KeyRules {
  /** Name of the function, for errors. */
  readonly name: string;
  /** Positions of arguments, from 0. */
  readonly excludeArgs: ReadonlySet<unknown>;
  /** Names of properties, at any depth. */
  readonly excludeProps: ReadonlySet<unknown>;
}

/**
 * What is left out of the keys of a function.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function keyRules(name: string, { excludeArgs = [], excludeProps = [] }: KeyOptions): KeyRules {
  const positions = new Set(listOf("excludeArgs", excludeArgs as Iterable<unknown>));
  for (const at of positions)
    if (!Number.isSafeInteger(at) || (at as number) < 0) throw invalid("excludeArgs", "positions from 0", excludeArgs);
  return {
    name,
    excludeArgs: positions,
    excludeProps: new Set(listOf("excludeProps", excludeProps as never)),
  };
}

/** Deepest nesting. */
const MAX_DEPTH = 200;

/** Longest key, in characters. What refers to the same object many times over reaches it soon, however small it is. */
const MAX_LENGTH = 1_000_000;

/** `(`: what a key begins with that is not a string by itself. */
export const PARENTHESIS = 40;

/**
 * The texts of arguments, one for each, without `undefined` at the end.
 *
 * @throws {KeyError} naming the argument and the place in it, for what cannot be a key
 */
export function textsOf(args: readonly unknown[], rules: KeyRules): string[] {
  const writer = new Writer(rules);
  const texts = args.map((arg, i) => (rules.excludeArgs.has(i) ? "undefined" : writer.argument(arg, i)));
  while (texts.at(-1) === "undefined") texts.pop();
  return texts;
}

/** The key of a list of texts, each of which is one of {@linkcode textsOf} or does not begin as those do. */
export function keyOf(texts: readonly string[]): string {
  const [only] = texts;
  if (texts.length === 1 && only![0] === '"') {
    const text = JSON.parse(only!) as string;
    if (text !== "" && text.charCodeAt(0) !== PARENTHESIS && !UNUSABLE.test(text)) return text;
  }
  return `(${texts.join()})`;
}

/** Writes parts of arguments, and knows where it is in them. */
export class Writer {
  readonly #rules: KeyRules;
  /** The objects that it is in, from the argument. */
  readonly #ancestors: object[] = [];
  /** The name of the part that is written, in each of them. */
  readonly #path: unknown[] = [];
  #length = 0;

  constructor(rules: KeyRules) {
    this.#rules = rules;
  }

  /** The text of an argument; what its getters throw is no key either. */
  argument(value: unknown, at: number): string {
    try {
      return this.child(value, at);
    } catch (error) {
      throw error instanceof KeyError ? error : this.#refusal("readable", error);
    }
  }

  /** The text of a part, where what is left out counts as `undefined`. */
  child(value: unknown, name: unknown): string {
    this.#path[this.#ancestors.length] = name;
    return this.#text(value) ?? "undefined";
  }

  #refusal(rule: string, cause?: unknown): KeyError {
    const [first, ...rest] = this.#path.slice(0, this.#ancestors.length + 1);
    const place = rest.map((name) => (typeof name === "number" ? `[${name}]` : `.${String(name)}`)).join("");
    return new KeyError(`Cannot use args[${first}]${place} of ${this.#rules.name} as it must be ${rule}`, { cause });
  }

  /** Takes note of so many characters. */
  count(characters: number): void {
    if ((this.#length += characters) > MAX_LENGTH)
      throw this.#refusal(`part of a key of at most ${MAX_LENGTH} characters: received more`);
  }

  /** The text of a part, or `undefined` for what is left out. */
  #text(value: unknown): string | undefined {
    if (typeof value === "object" && value !== null) return this.#object(value);
    if (typeof value === "function") {
      // A class or what is built in as one: which it is makes a difference.
      if (Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false)
        throw this.#refusal(`no class: received ${value.name}`);
      return undefined;
    }
    let text = Object.is(value, -0) ? "-0" : String(value);
    if (typeof value === "string") text = JSON.stringify(value);
    else if (typeof value === "bigint") text += "n";
    else if (typeof value === "symbol") {
      const key = Symbol.keyFor(value);
      if (key === undefined) throw this.#refusal("a symbol of Symbol.for: received another");
      text = `Symbol(${JSON.stringify(key)})`;
    }
    this.count(text.length);
    return text;
  }

  #object(object: object): string | undefined {
    if ((object as { [ignored]?: unknown })[ignored]) return undefined;
    const depth = this.#ancestors.length;
    const at = this.#ancestors.indexOf(object);
    if (at >= 0) return `^${at}`;
    if (depth > MAX_DEPTH) throw this.#refusal(`nested at most ${MAX_DEPTH} deep: received more`);
    const prototype = Object.getPrototypeOf(object);
    const name = builtInName(prototype);
    this.count(2);
    this.#ancestors.push(object);
    const text =
      name === "Object"
        ? `{${this.#properties(object, Object.keys(object))}}`
        : name === "Array" && Array.isArray(object)
          ? `[${this.#elements(object)}]`
          : name && builtIn(object, name, this);
    this.#ancestors.length = depth;
    if (text || isSignal(object)) return text || undefined;
    throw this.#refusal(
      `made of primitives, arrays, plain objects, Map, Set, Date, RegExp, URL and bytes, or be left out: received a ${makerOf(prototype)?.name || "class instance"}`,
    );
  }

  #properties(object: object, names: string[]): string {
    const parts: string[] = [];
    for (const name of names.sort()) {
      if (this.#rules.excludeProps.has(name)) continue;
      this.#path[this.#ancestors.length] = name;
      const text = this.#text((object as Record<string, unknown>)[name]);
      if (text !== undefined) parts.push(`${JSON.stringify(name)}:${text}`);
      this.count(name.length);
    }
    for (const symbol of Object.getOwnPropertySymbols(object)) {
      this.#path[this.#ancestors.length] = symbol;
      if (symbol !== ignored && Object.prototype.propertyIsEnumerable.call(object, symbol))
        throw this.#refusal("named by a string: received a symbol");
    }
    return parts.join();
  }

  /** Of one with holes, or with properties beside its elements, the length and the properties. */
  #elements(array: readonly unknown[]): string {
    const names = Object.keys(array);
    const { length } = array;
    return names.length === length && (length === 0 || names[length - 1] === String(length - 1))
      ? array.map((item, i) => this.child(item, i)).join()
      : `${length}:${this.#properties(array, names)}`;
  }
}

/** How the source of what is built in ends. */
const NATIVE = /\[native code\]\s*}$/;

/** The class that a prototype belongs to. */
function makerOf(prototype: object): AnyFunction | undefined {
  const maker: unknown = Object.hasOwn(prototype, "constructor") ? prototype.constructor : undefined;
  return typeof maker === "function" && maker.prototype === prototype ? (maker as AnyFunction) : undefined;
}

/** The name of the built-in class that a prototype belongs to, be it of another realm, or that none is taken for; `undefined` for any other. */
export function builtInName(prototype: object | null): string | undefined {
  if (!prototype) return "Object";
  const maker = makerOf(prototype);
  if (!maker) return undefined;
  const { name } = maker;
  return (globalThis as Record<string, unknown>)[name] === maker || NATIVE.test(Function.prototype.toString.call(maker))
    ? name
    : undefined;
}
