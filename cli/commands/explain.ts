/** `tiercel explain`: why a read is a hit or a miss. */

import type { Explanation } from "../../mod.ts";
import { printable } from "../../src/observe/printable.ts";
import { inWords } from "../../src/observe/words.ts";
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";
import { keyDocument } from "../keys.ts";

export default command({
  meta: { name: "explain", description: "Say why a read of a key is a hit or a miss now, tier by tier" },
  args: { key: { type: "positional", description: "Key; a JSON array is an array key" } },
  examples: ["tiercel explain user:42"],
  async does(session) {
    const { output, key } = session;
    const explanation = await (await session.open()).explain(key);
    if (output.json) await output.document(documentOf(explanation));
    else await output.line(printable(inWords(explanation)));
    return explanation.tiers.some(({ state }) => state === "fresh") ? EXIT.ok : EXIT.miss;
  },
});

function documentOf({ key, tiers, ...rest }: Explanation): unknown {
  const own = tiers.map((tier) => (tier.key === undefined ? tier : { ...tier, key: keyDocument(tier.key) }));
  return { key: keyDocument(key), ...rest, tiers: own };
}
