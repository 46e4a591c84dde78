/**
 * What an object is, as a codec sees it: a plain container, a built-in, or an instance of a class.
 *
 * @module
 */

/** Deepest nesting that codecs take. Bounded, so that what one runtime can write every other can read. */
export const MAX_DEPTH = 1000;

/** What {@linkcode kindOf} tells apart. `bare` has no prototype; `instance` is whatever no other name fits. */
export type Kind =
  | "object"
  | "bare"
  | "array"
  | "date"
  | "regexp"
  | "map"
  | "set"
  | "error"
  | "buffer"
  | "view"
  | "boxed"
  | "instance";

const { getPrototypeOf, hasOwn } = Object;

/**
 * The kind of an object, also of one from another realm (a `vm` context, a test runner's sandbox, a frame), for which
 * `instanceof` and comparing prototypes fail. Subclasses of built-ins are instances: decoding would lose their class.
 */
export function kindOf(value: object): Kind {
  const prototype = getPrototypeOf(value);
  if (prototype === Object.prototype) return "object";
  if (prototype === null) return "bare";
  if (Array.isArray(value)) return prototype === Array.prototype || chain(value) === 2 ? "array" : "instance";
  const length = chain(value);
  if (length === 1) return "object";
  const kind = brand(value);
  switch (kind) {
    case "error":
      return length === 2 || (length === 3 && isNative(prototype)) ? kind : "instance";
    case "view":
      // Typed arrays have %TypedArray%.prototype between their own prototype and Object's.
      return length === (isDataView(value) ? 2 : 3) ? kind : "instance";
    default:
      return length === 2 ? kind : "instance";
  }
}

/** How an error message names an object: by its kind, an instance by its class. */
export function nameOf(value: object): string {
  const kind = kindOf(value);
  if (kind === "object" || kind === "bare") return "an object";
  const made = value.constructor;
  const name = typeof made === "function" && made.name !== "" ? made.name : "an unnamed class";
  return kind === "instance" ? `an instance of ${name}` : `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}

/** Whether this is a DataView, of whatever realm. */
export function isDataView(view: object): boolean {
  return ArrayBuffer.isView(view) && typedArrayName(view) === undefined;
}

/** `"Uint8Array"` and so on for a typed array of whatever realm, `undefined` for anything else. */
export function typedArrayName(view: object): string | undefined {
  typedArrayTag ??= Object.getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
    ?.get as () => string | undefined;
  return typedArrayTag.call(view);
}

/** Whether a buffer can change its length. `resizable` is newer than the oldest runtimes. */
export function isResizable(buffer: ArrayBufferLike): boolean {
  return (buffer as { resizable?: boolean }).resizable === true;
}

/** Whether an array is more than its items in order: it has holes or named properties. */
export function isIrregular(array: readonly unknown[]): boolean {
  const names = Object.keys(array);
  // Names of items come first and in order.
  return names.length !== array.length || (names.length > 0 && names[names.length - 1] !== String(array.length - 1));
}

let typedArrayTag: (() => string | undefined) | undefined;

/** Prototypes between an object and `null`, the root counted; 0 when the root is not some realm's `Object.prototype`. */
function chain(value: object): number {
  let length = 0;
  let root = value;
  for (let next = getPrototypeOf(value); next !== null; next = getPrototypeOf(next)) {
    root = next;
    length++;
  }
  return hasOwn(root, "hasOwnProperty") && hasOwn(root, "isPrototypeOf") ? length : 0;
}

/** The built-in that made the object, told by its internal slots and not by what it says of itself. */
function brand(value: object): Kind {
  if (ArrayBuffer.isView(value)) return "view";
  if (!(Symbol.toStringTag in value)) {
    // Without that property Object.prototype.toString goes by internal slots.
    switch (Object.prototype.toString.call(value)) {
      case "[object Date]":
        return "date";
      case "[object RegExp]":
        return "regexp";
      case "[object Error]":
        return "error";
      case "[object Number]":
      case "[object String]":
      case "[object Boolean]":
        return "boxed";
      default:
        return "instance";
    }
  }
  switch (Object.prototype.toString.call(value)) {
    case "[object Map]":
      return accepts(() => Map.prototype.has.call(value, 0)) ? "map" : "instance";
    case "[object Set]":
      return accepts(() => Set.prototype.has.call(value, 0)) ? "set" : "instance";
    case "[object ArrayBuffer]":
      return accepts(() => ArrayBuffer.prototype.slice.call(value, 0, 0)) ? "buffer" : "instance";
    case "[object BigInt]":
      return accepts(() => BigInt.prototype.valueOf.call(value)) ? "boxed" : "instance";
    default:
      return "instance";
  }
}

function accepts(method: () => unknown): boolean {
  try {
    method();
    return true;
  } catch {
    return false;
  }
}

/** Whether a prototype belongs to one of the language's own error classes and not to a user's. */
function isNative(prototype: object): boolean {
  const made = prototype.constructor;
  return typeof made === "function" && Function.prototype.toString.call(made).includes("[native code]");
}
