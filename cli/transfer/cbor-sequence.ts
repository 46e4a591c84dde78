/**
 * An export as a CBOR sequence (RFC 8742): each item is tag 24, encoded CBOR, around a byte string of four bytes of length. So a reader
 * finds the end of an item without looking into it. A value that the codec `cbor` refuses is `structured`, bytes of the codec of that name.
 *
 * @module
 */
import { cbor } from "../../src/bytes/codecs/cbor.ts";
import { structured } from "../../src/bytes/codecs/structured.ts";
import { usage } from "../failure.ts";
import { checkItem, type Format, type Item } from "./record.ts";

/** Tag 24, and a byte string whose length follows in four bytes (RFC 8949 sections 3.4.5.1 and 3.1). */
const HEAD = [0xd8, 0x18, 0x5a];
const HEAD_LENGTH = 7;

function body(item: Item): Uint8Array {
  if (!("key" in item) || item.codec !== "structured") {
    try {
      return cbor.encode(item);
    } catch (error) {
      if (!("key" in item)) throw error;
    }
  }
  const { value, ...rest } = item;
  return cbor.encode({ ...rest, structured: structured.encode(value) });
}

/** CBOR items. */
export const cborSequence: Format = {
  name: "cbor",
  encode(item) {
    const content = body(item);
    const whole = new Uint8Array(HEAD_LENGTH + content.length);
    whole.set(HEAD);
    new DataView(whole.buffer).setUint32(3, content.length);
    whole.set(content, HEAD_LENGTH);
    return whole;
  },
  async *decode(source, start) {
    let end = start;
    for await (const content of bodies(source)) {
      const place = `the item at byte ${end}`;
      end += HEAD_LENGTH + content.length;
      let item: unknown;
      try {
        item = cbor.decode(content);
        if (typeof item === "object" && item !== null && "structured" in item) {
          const { structured: sealed, ...rest } = item as { structured: Uint8Array };
          item = { ...rest, value: structured.decode(sealed) };
        }
      } catch (error) {
        throw usage(`Cannot read ${place}: ${(error as Error).message}`);
      }
      yield { item: checkItem(item, place), end };
    }
  },
};

/** The contents of items, one after the other. */
async function* bodies(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let have = 0;
  let need = HEAD_LENGTH;
  for await (const chunk of source) {
    chunks.push(chunk);
    have += chunk.length;
    if (have < need) continue;
    let rest: Uint8Array = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    while (rest.length >= HEAD_LENGTH) {
      if (HEAD.some((byte, at) => rest[at] !== byte))
        throw usage("Cannot read the export as it must be a CBOR sequence of tiercel: received other bytes");
      need = HEAD_LENGTH + new DataView(rest.buffer, rest.byteOffset).getUint32(3);
      if (rest.length < need) break;
      yield Uint8Array.from(rest.subarray(HEAD_LENGTH, need));
      rest = rest.subarray(need);
      need = HEAD_LENGTH;
    }
    chunks = [rest];
    have = rest.length;
  }
  if (have > 0) throw usage("Cannot read the export as it is cut off");
}
