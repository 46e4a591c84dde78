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
