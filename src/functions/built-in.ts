/**
 * Built-in objects as parts of keys.
 *
 * @module
 */
import type { Writer } from "./argument-key.ts";

type Kind = (object: never, writer: Writer, name: string) => string;

/** A text of its own for each, which ends where it says. What is of another kind, and dressed up, makes these throw. */
const quoted: Kind = (object: URL) => JSON.stringify(String(object));
const members: Kind = (object: Iterable<unknown>, writer) => {
  let at = 0;
  return Array.from(object, (item) => writer.child(item, at++))
    .sort()
    .join();
};
const boxed: Kind = (object: object, writer, name) =>
  writer.child(
    (globalThis as unknown as Record<string, ObjectConstructor>)[name]!.prototype.valueOf.call(object),
    "valueOf",
  );
const buffer: Kind = (object: ArrayBufferLike, writer) => bytes(object, writer);
const bytes = (buffer: ArrayBufferLike, writer: Writer, offset = 0, length: number = buffer.byteLength): string => {
  writer.count(length * 4);
  return new Uint8Array(buffer, offset, length).join();
};

const KINDS: Readonly<Record<string, Kind>> = {
  Date: (date: Date) => String(Date.prototype.getTime.call(date)),
  RegExp: (pattern: RegExp) => JSON.stringify([pattern.source, pattern.flags, pattern.lastIndex]),
  URL: quoted,
  URLSearchParams: quoted,
  // Its entries are arrays.
  Map: members,
  Set: members,
  Number: boxed,
  String: boxed,
  Boolean: boxed,
  BigInt: boxed,
  Symbol: boxed,
  ArrayBuffer: buffer,
  SharedArrayBuffer: buffer,
};

/** The text of an object of a built-in class, or `undefined` where it has none. */
export function builtIn(object: object, name: string, writer: Writer): string | undefined {
  if (ArrayBuffer.isView(object))
    return `${name}(${bytes(object.buffer, writer, object.byteOffset, object.byteLength)})`;
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  // What somebody has put onto it would be lost. A boxed string has its characters.
  if (!kind || (name !== "String" && Object.keys(object).length > 0)) return undefined;
  return `${name}(${kind(object as never, writer, name)})`;
}
