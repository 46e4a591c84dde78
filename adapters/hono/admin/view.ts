/**
 * A value as it is shown: a tree of bounded size, whatever the value.
 *
 * @module
 */

/** A part of a value. */
export interface Shown {
  readonly type: string;
  /** What stands for it: of bytes in hexadecimal digits. */
  readonly text?: string;
  /** Characters, bytes or items, where that is known without a look at each. */
  readonly size?: number;
  readonly items?: readonly { readonly name: string; readonly value: Shown }[];
  /** Not all of it is here. */
  readonly cut?: true;
}

/** Deepest part that is shown. */
const DEPTH = 32;

/** Room that a part takes besides its text. */
const PART = 8;

/**
 * The tree of a value, in about `room` characters. It reads no more of the value than it shows, so that the cost is that of what is shown.
 */
export function show(value: unknown, room: number): Shown {
  return new Viewer(room).show(value, []);
}

class Viewer {
  #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  show(value: unknown, above: readonly object[]): Shown {
    this.#room -= PART;
    if (value === null) return { type: "null", text: "null" };
    switch (typeof value) {
      case "string":
        return this.#text("string", value);
      case "number":
        return { type: "number", text: Object.is(value, -0) ? "-0" : String(value) };
      case "boolean":
        return { type: "boolean", text: String(value) };
      case "bigint":
        // Its digits take time that grows faster than they do.
        return value < 2n ** 64n && value > -(2n ** 64n)
          ? { type: "bigint", text: `${value}n` }
          : { type: "bigint", text: "more than 64 bits", cut: true };
      case "object":
        return this.#object(value as object, above);
      default:
        return { type: typeof value, text: typeof value };
    }
  }

  #text(type: string, text: string): Shown {
    const kept = text.slice(0, Math.max(0, this.#room));
    this.#room -= kept.length;
    return { type, text: kept, size: text.length, ...(kept.length < text.length && { cut: true }) };
  }

  #object(value: object, above: readonly object[]): Shown {
    if (above.includes(value)) return { type: "circular", text: "the same object as above" };
    if (ArrayBuffer.isView(value)) return this.#bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (value instanceof ArrayBuffer) return this.#bytes(new Uint8Array(value));
    if (value instanceof Date)
      return { type: "date", text: Number.isNaN(+value) ? "Invalid Date" : value.toISOString() };
    if (value instanceof RegExp) return this.#text("regexp", String(value));
    if (value instanceof Error) return this.#text("error", `${value.name}: ${value.message}`);
    const inside = [...above, value];
    if (Array.isArray(value)) return this.#items("array", numbered(value), inside, value.length);
    if (value instanceof Map) return this.#items("map", this.#pairs(value, inside), inside, value.size);
    if (value instanceof Set) return this.#items("set", numbered(value), inside, value.size);
    return this.#items("object", properties(value), inside);
  }

  #bytes(bytes: Uint8Array): Shown {
    const count = Math.min(bytes.length, Math.max(0, Math.floor(this.#room / 3)));
    this.#room -= count * 3;
    const text = Array.from(bytes.subarray(0, count), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return { type: "bytes", text, size: bytes.length, ...(count < bytes.length && { cut: true }) };
  }

  *#pairs(map: ReadonlyMap<unknown, unknown>, inside: readonly object[]): Iterable<[string, unknown]> {
    for (const [key, value] of map)
      yield [typeof key === "string" ? key : flat(new Viewer(80).show(key, inside)), value];
  }

  #items(type: string, all: Iterable<[string, unknown]>, inside: readonly object[], size?: number): Shown {
    const items: { name: string; value: Shown }[] = [];
    let cut: { cut: true } | undefined;
    for (const [name, value] of all) {
      if (this.#room <= 0 || inside.length > DEPTH) {
        cut = { cut: true };
        break;
      }
      const label = name.slice(0, Math.min(200, this.#room));
      this.#room -= label.length;
      items.push({ name: label.length < name.length ? `${label}…` : label, value: this.show(value, inside) });
    }
    return { type, items, ...(size !== undefined && { size }), ...cut };
  }
}

function* numbered(items: Iterable<unknown>): Iterable<[string, unknown]> {
  let i = 0;
  for (const item of items) yield [String(i++), item];
}

function* properties(value: object): Iterable<[string, unknown]> {
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue;
    const { get, value: own } = Object.getOwnPropertyDescriptor(value, name)!;
    // No code of the value's is run.
    yield [name, get ? "(computed)" : own];
  }
}

function flat({ type, text, items }: Shown): string {
  return items ? `${type} {${items.map(({ name, value }) => `${name}: ${flat(value)}`).join(", ")}}` : (text ?? type);
}
