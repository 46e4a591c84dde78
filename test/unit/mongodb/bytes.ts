import { toBytes } from "../../../adapters/mongodb/document.ts";
import { CorruptError } from "../../../mod.ts";
import { equal, same, suite, type TestCase, throws } from "../../contract/mod.ts";

/** Part of a larger buffer, as the driver gives out parts of a whole reply. */
function part(): Uint8Array {
  return new Uint8Array([9, 9, 1, 2, 3, 9]).subarray(2, 5);
}

export const tests: TestCase[] = suite("mongodb bytes", {
  "come out of a Binary as long as it says, and are no part of its buffer": () => {
    const buffer = new Uint8Array([1, 2, 3, 0, 0]);
    const bytes = toBytes({ _bsontype: "Binary", sub_type: 0, buffer, position: 3 });
    equal(bytes, new Uint8Array([1, 2, 3]));
    buffer.fill(7);
    equal(bytes, new Uint8Array([1, 2, 3]));
    same(bytes.buffer.byteLength, 3);
  },
  "come out of a Buffer or another view, and are no part of it": () => {
    const view = part();
    const bytes = toBytes(view);
    view.fill(7);
    equal(bytes, new Uint8Array([1, 2, 3]));
    same(bytes.buffer.byteLength, 3);
  },
  "are refused when they are none": () => {
    for (const found of [undefined, null, "text", 7, {}, { buffer: [1, 2], position: 2 }, { buffer: part() }, []])
      throws(() => toBytes(found), CorruptError);
  },
});
