import assert from "node:assert/strict";
import { test } from "node:test";
import { lines } from "../../cli/input.ts";

async function texts(...chunks: string[]): Promise<string[]> {
  const source = (async function* () {
    for (const chunk of chunks) yield new TextEncoder().encode(chunk);
  })();
  const found: string[] = [];
  for await (const { text } of lines(source)) found.push(text);
  return found;
}

test("lines lose a byte order mark at the beginning of the source alone", async () => {
  assert.deepEqual(await texts("\ufeffa\r\n\ufeffb\n", "\ufeff", "c\n\ufeff"), ["a", "\ufeffb", "\ufeffc", "\ufeff"]);
  assert.deepEqual(await texts("a\n\ufeff\ufeffb"), ["a", "\ufeff\ufeffb"]);
});

const bytes = (...items: (string | number)[]): Uint8Array =>
  Uint8Array.from(items.flatMap((item) => (typeof item === "number" ? [item] : [...new TextEncoder().encode(item)])));

test("a line that is no UTF-8 is refused by its number, not changed", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield bytes("caf\u00e9\n", "caf", 0xe9);
    yield bytes("\n");
  }
  const found: string[] = [];
  await assert.rejects(
    async () => {
      for await (const { text } of lines(source())) found.push(text);
    },
    { message: "Cannot read line 2 as it must be UTF-8: received other bytes" },
  );
  assert.deepEqual(found, ["caf\u00e9"]);
  const whatever: string[] = [];
  for await (const { text } of lines(source(), { isLenient: true })) whatever.push(text);
  assert.deepEqual(whatever, ["caf\u00e9", "caf\ufffd"]);
});
