/**
 * The `cbor` codec: CBOR by the library cbor-x, held to what it gives back equal.
 *
 * From the entry without eval: the other ones compile readers for records with `new Function`, already at import.
 *
 * @module
 */
import { Encoder } from "cbor-x/index-no-eval";
import { CodecError, CorruptError } from "../../errors.ts";
import type { Codec } from "../../tier.ts";
import { checkCbor } from "./cbor-check.ts";
import { readCbor } from "./cbor-reader.ts";
import { ACCEPTANCE, inspect, localise, UNFAMILIAR, WITH_NEGATIVE_ZERO } from "./cbor-values.ts";
import { findFault, refusal } from "./refusal.ts";

/**
 * CBOR (RFC 8949), the default: compact, and readable by other programs. Takes everything that JSON takes and
 * `undefined`, `NaN`, `Infinity`, `-0`, bigints, `Date`, `Map`, `Set` and typed arrays. An object without prototype comes
 * back as a plain one, an object that occurs twice as two.
 *
 * Refuses with a {@linkcode CodecError} that names the place what would come back changed: functions, symbols,
 * `Error`, `RegExp`, `ArrayBuffer`, `DataView`, Node's `Buffer`, arrays with holes or named properties, cycles, instances
 * of classes, own properties named `__proto__`, strings with lone surrogates, bigints of more than 65,536 bits, and nesting
 * beyond 1000 levels; the codec `structured` takes most of these. Properties with symbol keys are not part of the value, as with `JSON.stringify`.
 *
 * What it encodes is a view of a larger buffer, which later calls leave alone.
 */
export const cbor: Codec = {
  id: "cbor",
  encode(value) {
    let finding = inspect(value, 0);
    if (finding === UNFAMILIAR) {
      if (findFault(ACCEPTANCE, value) !== undefined) throw refusal(ACCEPTANCE, value);
      value = localise(value);
      finding = inspect(value, 0);
    }
    const bytes = write(finding === WITH_NEGATIVE_ZERO, value);
    // In a short string, a lone surrogate is written as ED A0…BF; most output has no such byte.
    if (bytes.indexOf(0xed) !== -1 && findFault(ACCEPTANCE, value) !== undefined) throw refusal(ACCEPTANCE, value);
    return bytes;
  },
  decode(bytes) {
    const isOdd = checkCbor(bytes);
    // A view of its own, as the library gives back the class of its source and hangs a property on it.
    const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = startOfBytes(view);
    // The library would copy them twice.
    if (start !== undefined) return view.slice(start);
    try {
      const library = (codec ??= open());
      return isOdd ? readCbor(view, (item) => library.decode(item)) : library.decode(view);
    } catch (cause) {
      throw new CorruptError("Cannot decode value as it must be CBOR", { cause });
    }
  },
};

/** Tag 64 of RFC 8746, and the beginning of a byte string: what a `Uint8Array` is written as. */
const TYPED = [0xd8, 0x40] as const;
const BYTE_STRING = 2;
/** Length of the head of a byte string, by its low five bits beyond those that are the length itself. */
const HEADS: Readonly<Record<number, number>> = { 24: 2, 25: 3, 26: 5 };

/** Where the bytes begin of what is nothing but a `Uint8Array`. */
function startOfBytes(bytes: Uint8Array): number | undefined {
  const head = bytes[TYPED.length]!;
  if (bytes[0] !== TYPED[0] || bytes[1] !== TYPED[1] || head >> 5 !== BYTE_STRING) return undefined;
  const low = head & 0x1f;
  const length = low < 24 ? 1 : HEADS[low];
  return length && TYPED.length + length;
}

/** Beyond this the library's buffer is given up, as it would otherwise stay as large as the largest value. */
const LARGE = 1 << 20;

let codec: Encoder | undefined;
let floats: Encoder | undefined;
let writing = false;

function open(alwaysUseFloat = false): Encoder {
  return new Encoder({
    useRecords: false,
    mapsAsObjects: true,
    tagUint8Array: true,
    copyBuffers: true,
    alwaysUseFloat,
  });
}

function write(asFloats: boolean, value: unknown): Uint8Array {
  if (writing)
    throw new CodecError("Cannot encode value as a getter in it must not encode another: received such a getter");
  writing = true;
  try {
    // The library writes -0 as the integer 0 unless all numbers are floats.
    codec ??= open();
    if (asFloats) floats ??= open(true);
    const encoder = asFloats && floats !== undefined ? floats : codec;
    const bytes: Uint8Array = encoder.encode(value);
    if (bytes.buffer.byteLength > LARGE) release(encoder, bytes);
    return bytes;
  } catch (cause) {
    throw new CodecError("Cannot encode value as CBOR", { cause });
  } finally {
    writing = false;
  }
}

function release(encoder: Encoder, bytes: Uint8Array): void {
  const { allocUnsafeSlow } = bytes.constructor as { allocUnsafeSlow?: (size: number) => Uint8Array };
  // On Node the library relies on methods of Buffer.
  const small = allocUnsafeSlow === undefined ? new Uint8Array(8192) : allocUnsafeSlow(8192);
  (encoder as unknown as { useBuffer(buffer: Uint8Array): void }).useBuffer(small);
}
