/** `tiercel get`: the value of a key. */
import { entryOf } from "../any-version.ts";
import { command } from "../command.ts";
import { EXIT, storeFailure } from "../failure.ts";
import { humanOf, portable, rawOf } from "../values.ts";

export default command({
  meta: { name: "get", description: "Print the value of a key; exit code 1 on a miss" },
  args: { key: { type: "positional", description: "Key; a JSON array is an array key" } },
  examples: ["tiercel get user:42", "tiercel get user:42 --json | jq .name", "tiercel get logo --raw > logo.png"],
  async does(session) {
    const { output, key } = session;
    const cache = await session.open();
    const hit = await entryOf(cache, key);
    if (!hit) {
      if (session.corrupt.length > 0)
        throw storeFailure(
          `Cannot read the entry: ${(session.corrupt[0] as Error).message}`,
          session.corrupt[0],
          "is the key ring right, as TIERCEL_KEYS or in the config?",
        );
      output.note("miss");
      return EXIT.miss;
    }
    const { value } = hit;
    if (output.json) await output.document(portable(value));
    else if (output.raw || (value instanceof Uint8Array && !output.isTerminal)) await output.bytes(rawOf(value));
    else await output.text(humanOf(value));
    return EXIT.ok;
  },
});
