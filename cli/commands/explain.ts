/** `tiercel explain`: why a read is a hit or a miss. */

import { printable } from "../../src/observe/printable.ts";
import { inWords } from "../../src/observe/words.ts";
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";

export default command({
  meta: { name: "explain", description: "Say why a read of a key is a hit or a miss now, tier by tier" },
  args: { key: { type: "positional", description: "Key; a JSON array is an array key" } },
  examples: ["tiercel explain user:42"],
  async does(session) {
    const { output, key } = session;
    const explanation = await (await session.open()).explain(key);
    if (output.json) await output.document(explanation);
    else await output.line(printable(inWords(explanation)));
    return explanation.tiers.some(({ state }) => state === "fresh") ? EXIT.ok : EXIT.miss;
  },
});
