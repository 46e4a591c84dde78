/**
 * The `structured` codec: everything that structured clone keeps.
 *
 * @module
 */
import { CodecError, CorruptError } from "../../errors.ts";
import type { Codec } from "../../tier.ts";
import { isResizable, kindOf, typedArrayName } from "./kind.ts";
import { type Acceptance, refusal } from "./refusal.ts";
import { VIEW_NAMES } from "./structured-format.ts";
import { readStructured } from "./structured-reader.ts";
import { writeStructured } from "./structured-writer.ts";

/**
 * A compact format of Tiercel's own for everything that structured clone (HTML Standard section 2.7) keeps: also
 * `undefined`, `NaN`, `-0`, bigints, `Date`, `RegExp`, `Map`, `Set`, the language's errors with `cause`, `stack` and own
 * properties, `ArrayBuffer`, `DataView`, every typed array, boxed primitives, sparse arrays, named properties of
 * arrays, strings with lone surrogates, shared references and cycles. Beyond structured clone, objects without prototype
 * and own properties named `__proto__` come back as they were.
 *
 * A view of a part of an `ArrayBuffer` is kept without the rest, unless the whole buffer came before it in the value.
 *
 * Refuses with a {@linkcode CodecError} that names the place: functions, symbols, promises, instances of classes (also
 * of subclasses of built-ins, such as Node's `Buffer`), `WeakMap`, shared and resizable buffers, and nesting beyond
 * 1000 levels. Properties with symbol keys are not part of the value.
 *
 * A typed array of a class that this runtime does not have (`Float16Array` before Node 24) is a {@linkcode CodecError} when it is decoded:
 * in a cache a miss that stays.
 *
 * What it encodes is a view of a larger buffer, which later calls leave alone.
 */
export const structured: Codec = {
  id: "structured",
  encode(value) {
    const bytes = writeStructured(value);
    if (bytes === undefined) throw refusal(ACCEPTANCE, value);
    return bytes;
  },
  decode(bytes) {
    try {
      return readStructured(bytes);
    } catch (cause) {
      if (cause instanceof CorruptError || cause instanceof CodecError) throw cause;
      // Without its cause, which may quote the value: that of a RegExp does.
      throw new CorruptError("Cannot decode value as it must be in the structured format");
    }
  },
};

const ACCEPTANCE: Acceptance = {
  codec: "structured",
  cycles: true,
  kinds: ["object", "bare", "array", "date", "regexp", "map", "set", "error", "buffer", "view", "boxed"],
  fault(part, kind) {
    if (kind === "buffer") return isResizable(part as ArrayBuffer) ? "a resizable ArrayBuffer" : undefined;
    if (kind !== "view") return undefined;
    const view = part as ArrayBufferView;
    if (!VIEW_NAMES.includes(typedArrayName(view) ?? "DataView")) return `a ${typedArrayName(view)}`;
    if (kindOf(view.buffer) !== "buffer") return "a view of shared memory";
    return isResizable(view.buffer) ? "a view of a resizable ArrayBuffer" : undefined;
  },
};
