/**
 * Reading the `structured` format.
 *
 * @module
 */
import { CodecError, CorruptError } from "../../errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { MAX_DEPTH } from "./kind.ts";
import * as mark from "./structured-format.ts";

/**
 * The value that these bytes are.
 *
 * @throws {CorruptError} when they are not whole or not in the format
 * @throws {CodecError} when there is something in them that this runtime has not, and another may
 * @throws {RangeError | SyntaxError} from a built-in that the bytes would make wrongly
 */
export function readStructured(bytes: Uint8Array): unknown {
  const reader = idle ?? new StructuredReader();
  idle = undefined;
  try {
    return reader.read(bytes);
  } finally {
    reader.reset();
    idle = reader;
  }
}

let idle: StructuredReader | undefined;

class StructuredReader {
  readonly #in = new ByteReader();
  /** Objects in the order of their first bytes; `undefined` while one is not yet made. */
  #objects: (object | undefined)[] = [];
  /** Items that arrays may still have: each takes a byte at least, which is no other's. */
  #items = 0;

  read(bytes: Uint8Array): unknown {
    this.#in.open(bytes);
    this.#items = bytes.length;
    const value = this.#value(0);
    this.#in.finish();
    return value;
  }

  reset(): void {
    this.#in.close();
    if (this.#objects.length > 0) this.#objects = [];
  }

  #value(depth: number): unknown {
    const head = this.#in.byte();
    if (head < mark.SHORT_STRING) return head;
    if (head < mark.SHORT_ARRAY) return this.#in.utf8(head & 0x1f);
    if (head < mark.UNDEFINED) {
      if (depth >= MAX_DEPTH) throw corrupt("must not be nested deeper");
      return head < mark.SHORT_OBJECT ? this.#array(head & 0xf, depth) : this.#fill(this.#keep({}), head & 0xf, depth);
    }
    switch (head) {
      case mark.UNDEFINED:
        return undefined;
      case mark.NULL:
        return null;
      case mark.FALSE:
        return false;
      case mark.TRUE:
        return true;
      case mark.UINT8:
        return this.#in.byte();
      case mark.UINT16:
        return this.#in.uint16();
      case mark.UINT32:
        return this.#in.uint32();
      case mark.NEGATIVE8:
        return -1 - this.#in.byte();
      case mark.NEGATIVE16:
        return -1 - this.#in.uint16();
      case mark.NEGATIVE32:
        return -1 - this.#in.uint32();
      case mark.FLOAT64:
        return this.#in.float();
      case mark.BIGINT:
        return this.#in.bigint(this.#in.count());
      case mark.NEGATIVE_BIGINT:
        return -this.#in.bigint(this.#in.count());
      case mark.STRING8:
      case mark.STRING32:
      case mark.STRING_UTF16:
        return this.#in.string(head);
      case mark.REFERENCE:
        return this.#objects[this.#in.count()] ?? refuse("must refer to an object before");
      default:
        if (depth >= MAX_DEPTH) throw corrupt("must not be nested deeper");
        return this.#object(head, depth);
    }
  }

  #object(head: number, depth: number): object {
    switch (head) {
      case mark.ARRAY:
        return this.#array(this.#in.count(), depth);
      case mark.OBJECT:
        return this.#fill(this.#keep({}), this.#in.items(), depth);
      case mark.BARE_OBJECT:
        return this.#fill(this.#keep(Object.create(null) as object), this.#in.items(), depth);
      case mark.SPARSE_ARRAY:
        return this.#sparseArray(depth);
      case mark.DATE:
        return this.#keep(new Date(this.#in.float()));
      case mark.REGEXP:
        return this.#keep(new RegExp(this.#in.name(), this.#in.name()));
      case mark.MAP:
        return this.#map(depth);
      case mark.SET:
        return this.#set(depth);
      case mark.ERROR:
        return this.#error(depth);
      case mark.BUFFER:
        return this.#keep(this.#in.copy(this.#in.count()));
      case mark.VIEW:
        return this.#view();
      case mark.BOXED:
        return this.#boxed();
      default:
        throw corrupt("must have no other marks");
    }
  }

  #keep<T extends object>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #array(length: number, depth: number): unknown[] {
    this.#claim(length);
    const array = this.#keep(new Array<unknown>(length));
    for (let index = 0; index < length; index++) array[index] = this.#value(depth + 1);
    return array;
  }

  /** Memory for so many items is taken before they are read, also for those of arrays within arrays. */
  #claim(items: number): void {
    this.#items -= items;
    if (this.#items < 0) throw corrupt("must be whole");
  }

  #sparseArray(depth: number): unknown[] {
    const array: unknown[] = this.#keep([]);
    const length = this.#in.count();
    const properties = this.#in.count();
    this.#claim(properties);
    // An engine may take memory for all holes of an array, but for none of one of this length, nor when that is cut.
    if (length > BRIEF + properties * SPARSE) array.length = 0xffffffff;
    array.length = length;
    for (let left = properties; left > 0; left--) {
      const name = this.#in.name();
      if (name === "length") throw corrupt("must have no property length in an array");
      put(array, name, this.#value(depth + 1));
    }
    return array;
  }

  #fill<T extends object>(object: T, properties: number, depth: number): T {
    for (let left = properties; left > 0; left--) {
      const name = this.#in.name();
      put(object, name, this.#value(depth + 1));
    }
    return object;
  }

  #map(depth: number): Map<unknown, unknown> {
    const map = this.#keep(new Map<unknown, unknown>());
    for (let left = this.#in.items(); left > 0; left--) {
      const key = this.#value(depth + 1);
      map.set(key, this.#value(depth + 1));
    }
    return map;
  }

  #set(depth: number): Set<unknown> {
    const set = this.#keep(new Set());
    for (let left = this.#in.items(); left > 0; left--) set.add(this.#value(depth + 1));
    return set;
  }

  #error(depth: number): Error {
    const name = mark.ERROR_NAMES[this.#in.byte()] ?? refuse("must have a known error");
    const error = this.#keep(
      name === "AggregateError" ? new AggregateError([]) : new (global<ErrorConstructor>(name))(),
    );
    if (name === "AggregateError") delete (error as { errors?: unknown }).errors;
    for (let left = this.#in.items(); left > 0; left--) define(error, this.#in.name(), this.#value(depth + 1), false);
    for (let left = this.#in.items(); left > 0; left--) define(error, this.#in.name(), this.#value(depth + 1), true);
    return error;
  }

  #view(): object {
    const name = mark.VIEW_NAMES[this.#in.byte()] ?? refuse("must have a known view");
    const number = this.#objects.push(undefined) - 1;
    const offset = this.#in.count();
    const length = this.#in.count();
    const buffer = this.#bufferOf(this.#in.byte());
    const view = new (global<ViewConstructor>(name))(buffer, offset, length);
    this.#objects[number] = view;
    return view;
  }

  #bufferOf(head: number): ArrayBuffer {
    if (head === mark.BUFFER) return this.#keep(this.#in.copy(this.#in.count()));
    const buffer = head === mark.REFERENCE ? this.#objects[this.#in.count()] : undefined;
    return buffer instanceof ArrayBuffer ? buffer : refuse("must have a buffer under a view");
  }

  #boxed(): object {
    const number = this.#objects.push(undefined) - 1;
    // So deep that no object fits below.
    const primitive = this.#value(MAX_DEPTH);
    if (!["number", "string", "boolean", "bigint"].includes(typeof primitive)) throw corrupt("must box a primitive");
    const box = Object(primitive) as object;
    this.#objects[number] = box;
    return box;
  }
}

/** Arrays with holes of at most this length, and those with at least one property for so many items, are made as any. */
const BRIEF = 32;
const SPARSE = 8;

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => object;

/** A built-in by name. Float16Array is newer than the oldest runtimes. */
function global<T>(name: string): T {
  const found = (globalThis as Record<string, unknown>)[name] as T | undefined;
  if (found !== undefined) return found;
  throw new CodecError(`Cannot decode value as its runtime must have what is in it: received a ${name}`);
}

function put(object: object, name: string, value: unknown): void {
  // Only defining it makes it an own property; setting it would change the prototype.
  if (name === "__proto__") define(object, name, value, true);
  else (object as Record<string, unknown>)[name] = value;
}

function define(object: object, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(object, name, { value, enumerable, writable: true, configurable: true });
}

function refuse(rule: string): never {
  throw corrupt(rule);
}

function corrupt(rule: string): CorruptError {
  return new CorruptError(`Cannot decode value as the structured format ${rule}: received other bytes`);
}
