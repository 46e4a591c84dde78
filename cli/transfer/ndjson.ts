/**
 * An export as JSON, one item a line. A value that JSON cannot say is `"structured"`, base64 of the codec of that name (docs/format.md).
 *
 * @module
 */
import { json } from "../../src/bytes/codecs/json.ts";
import { structured } from "../../src/bytes/codecs/structured.ts";
import { usage } from "../failure.ts";
import { lines } from "../input.ts";
import { base64, fromBase64, parseJson } from "../values.ts";
import { checkItem, type EntryRecord, type Format } from "./record.ts";

const encoder = /* @__PURE__ */ new TextEncoder();

/** What stands in the place of a value. */
function field({ value, codec }: EntryRecord): string {
  // What was written by the codec that keeps more than others has a reason to be.
  if (codec !== "structured") {
    try {
      return `"value":${new TextDecoder().decode(json.encode(value))}`;
    } catch {
      // Not as JSON.
    }
  }
  return `"structured":"${base64(structured.encode(value))}"`;
}

/** JSON lines. */
export const ndjson: Format = {
  name: "ndjson",
  encode(item) {
    if (!("key" in item)) return encoder.encode(`${JSON.stringify(item)}\n`);
    const { value: _, ...rest } = item;
    return encoder.encode(`${JSON.stringify(rest).slice(0, -1)},${field(item)}}\n`);
  },
  async *decode(source, start) {
    for await (const { text, end, number } of lines(source)) {
      if (text.trim() === "") continue;
      const place = start === 0 ? `line ${number}` : `line ${number} after byte ${start}`;
      const parsed = parseJson(text, place) as { structured?: unknown };
      if (typeof parsed === "object" && parsed !== null && typeof parsed.structured === "string") {
        const { structured: sealed, ...rest } = parsed as { structured: string };
        try {
          yield {
            item: checkItem({ ...rest, value: structured.decode(fromBase64(sealed, place)) }, place),
            end: start + end,
          };
        } catch (error) {
          throw usage(`Cannot read the value of ${place}: ${(error as Error).message}`);
        }
        continue;
      }
      yield { item: checkItem(parsed, place), end: start + end };
    }
  },
};
