/**
 * Writing the `structured` format.
 *
 * @module
 */
import { ByteWriter } from "./byte-writer.ts";
import { isDataView, isIrregular, isResizable, kindOf, MAX_DEPTH, typedArrayName } from "./kind.ts";
import * as mark from "./structured-format.ts";

/** `value` in the structured format, or `undefined` when there is something in it that the format does not have. */
export function writeStructured(value: unknown): Uint8Array | undefined {
  // A getter in a value may encode another value.
  const writer = idle ?? new StructuredWriter();
  idle = undefined;
  try {
    return writer.write(value);
  } catch (error) {
    if (error === REFUSED) return undefined;
    throw error;
  } finally {
    writer.reset();
    idle = writer;
  }
}

let idle: StructuredWriter | undefined;

/** Thrown to leave the recursion; the place is looked for afterwards. */
const REFUSED: unique symbol = Symbol("refused");

const { getPrototypeOf, keys } = Object;

class StructuredWriter {
  readonly #out = new ByteWriter();
  /** Numbers of the objects that came before, in the order of their first bytes. */
  #numbers = new Map<object, number>();
  #next = 0;

  write(value: unknown): Uint8Array {
    this.#out.begin();
    this.#value(value, 0);
    return this.#out.finish();
  }

  /** Forgets the objects. */
  reset(): void {
    // A map that was large once would stay slow to clear.
    if (this.#next > 1024) this.#numbers = new Map();
    else this.#numbers.clear();
    this.#next = 0;
  }

  #value(part: unknown, depth: number): void {
    switch (typeof part) {
      case "string":
        this.#out.string(part);
        break;
      case "number":
        this.#out.number(part);
        break;
      case "boolean":
        this.#out.byte(part ? mark.TRUE : mark.FALSE);
        break;
      case "undefined":
        this.#out.byte(mark.UNDEFINED);
        break;
      case "bigint":
        this.#bigint(part);
        break;
      case "object":
        if (part === null) this.#out.byte(mark.NULL);
        else this.#object(part, depth);
        break;
      default:
        throw REFUSED;
    }
  }

  #object(part: object, depth: number): void {
    const number = this.#numbers.get(part);
    if (number !== undefined) {
      this.#out.byte(mark.REFERENCE);
      this.#out.count(number);
      return;
    }
    if (depth >= MAX_DEPTH) throw REFUSED;
    this.#numbers.set(part, this.#next++);
    const prototype = getPrototypeOf(part);
    if (prototype === Object.prototype) this.#properties(part, depth);
    else if (prototype === Array.prototype && Array.isArray(part)) this.#array(part, depth);
    else this.#builtIn(part, depth);
  }

  #builtIn(part: object, depth: number): void {
    switch (kindOf(part)) {
      case "object":
        this.#properties(part, depth);
        break;
      case "bare":
        this.#out.byte(mark.BARE_OBJECT);
        this.#named(part, keys(part), depth);
        break;
      case "array":
        this.#array(part as unknown[], depth);
        break;
      case "date":
        this.#out.byte(mark.DATE);
        this.#out.float(Date.prototype.getTime.call(part));
        break;
      case "regexp":
        this.#out.byte(mark.REGEXP);
        this.#out.string((part as RegExp).source);
        this.#out.string((part as RegExp).flags);
        break;
      case "map":
        this.#map(part as Map<unknown, unknown>, depth);
        break;
      case "set":
        this.#set(part as Set<unknown>, depth);
        break;
      case "error":
        this.#error(part as Error, depth);
        break;
      case "buffer":
        this.#buffer(part as ArrayBuffer);
        break;
      case "view":
        this.#view(part as ArrayBufferView, depth);
        break;
      case "boxed":
        this.#out.byte(mark.BOXED);
        this.#value((part as { valueOf(): unknown }).valueOf(), depth);
        break;
      default:
        throw REFUSED;
    }
  }

  #properties(part: object, depth: number): void {
    const names = keys(part);
    if (names.length < 16) {
      this.#out.byte(mark.SHORT_OBJECT | names.length);
      this.#pairs(part, names, depth);
    } else {
      this.#out.byte(mark.OBJECT);
      this.#named(part, names, depth);
    }
  }

  #named(part: object, names: readonly string[], depth: number): void {
    this.#out.count(names.length);
    this.#pairs(part, names, depth);
  }

  #pairs(part: object, names: readonly string[], depth: number): void {
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!;
      this.#out.string(name);
      this.#value((part as Record<string, unknown>)[name], depth + 1);
    }
  }

  #array(part: readonly unknown[], depth: number): void {
    const { length } = part;
    if (isIrregular(part)) {
      this.#out.byte(mark.SPARSE_ARRAY);
      this.#out.count(length);
      this.#named(part, keys(part), depth);
      return;
    }
    if (length < 16) {
      this.#out.byte(mark.SHORT_ARRAY | length);
    } else {
      this.#out.byte(mark.ARRAY);
      this.#out.count(length);
    }
    for (let index = 0; index < length; index++) this.#value(part[index], depth + 1);
  }

  #map(part: ReadonlyMap<unknown, unknown>, depth: number): void {
    this.#out.byte(mark.MAP);
    this.#out.count(part.size);
    for (const [key, value] of part) {
      this.#value(key, depth + 1);
      this.#value(value, depth + 1);
    }
  }

  #set(part: ReadonlySet<unknown>, depth: number): void {
    this.#out.byte(mark.SET);
    this.#out.count(part.size);
    for (const item of part) this.#value(item, depth + 1);
  }

  #error(part: Error, depth: number): void {
    const index = mark.ERROR_NAMES.indexOf((getPrototypeOf(part) as Error).constructor.name);
    if (index === -1) throw REFUSED;
    this.#out.byte(mark.ERROR);
    this.#out.byte(index);
    const shown = keys(part);
    // The stack is an own property in V8 and inherited elsewhere.
    const hidden = ["name", "message", "stack", "cause", "errors"].filter(
      (name) =>
        !shown.includes(name) && (name === "stack" ? typeof part.stack === "string" : Object.hasOwn(part, name)),
    );
    this.#named(part, hidden, depth);
    this.#named(part, shown, depth);
  }

  #buffer(part: ArrayBuffer): void {
    if (isResizable(part)) throw REFUSED;
    this.#out.byte(mark.BUFFER);
    this.#out.count(part.byteLength);
    this.#out.raw(new Uint8Array(part));
  }

  #view(part: ArrayBufferView, depth: number): void {
    const isData = isDataView(part);
    const index = isData ? 0 : mark.VIEW_NAMES.indexOf(typedArrayName(part)!);
    const { buffer, byteOffset, byteLength } = part;
    if (index === -1 || kindOf(buffer) !== "buffer" || isResizable(buffer)) throw REFUSED;
    const whole = byteLength === buffer.byteLength || this.#numbers.has(buffer);
    this.#out.byte(mark.VIEW);
    this.#out.byte(index);
    this.#out.count(whole ? byteOffset : 0);
    this.#out.count(isData ? byteLength : (part as Uint8Array).length);
    if (whole) {
      this.#value(buffer, depth);
      return;
    }
    // The reader counts the buffer that it makes.
    this.#next++;
    this.#out.byte(mark.BUFFER);
    this.#out.count(byteLength);
    this.#out.raw(new Uint8Array(buffer, byteOffset, byteLength));
  }

  #bigint(part: bigint): void {
    const digits = (part < 0n ? -part : part).toString(16);
    const padded = digits.length % 2 === 0 ? digits : `0${digits}`;
    this.#out.byte(part < 0n ? mark.NEGATIVE_BIGINT : mark.BIGINT);
    this.#out.count(padded.length / 2);
    for (let index = 0; index < padded.length; index += 2) {
      this.#out.byte(Number.parseInt(padded.slice(index, index + 2), 16));
    }
  }
}
