/** `tiercel keys`: lists keys. */

import { command, LIMIT, TAGS } from "../command.ts";
import { EXIT } from "../failure.ts";
import { keyDocument, keyText } from "../keys.ts";
import { list } from "../listing.ts";

export default command({
  meta: { name: "keys", description: "List keys of live entries" },
  args: {
    pattern: { type: "positional", required: false, description: "Glob over the key, as 'user:*' (default: all)" },
    ...LIMIT,
    ...TAGS,
    count: { type: "boolean", description: "Only how many there are" },
  },
  examples: ["tiercel keys 'user:*' --limit 10", "tiercel keys --tag users --json"],
  async does(session) {
    const { output } = session;
    const cache = await session.open();
    const isAll = session.positionals.length === 0 && session.options("tag").length === 0;
    if (session.flag("count") && isAll && session.option("limit") === undefined) {
      const size = await cache.size();
      await (output.json ? output.document({ count: size }) : output.line(String(size)));
      return size > 0 ? EXIT.ok : EXIT.miss;
    }
    let found = 0;
    for await (const { key } of list(session, cache)) {
      found++;
      if (session.flag("count")) continue;
      if (output.json) await output.document(keyDocument(key));
      else if (output.raw) await output.bytes(`${keyText(key)}\0`);
      else await output.line(keyText(key));
    }
    if (session.flag("count")) await (output.json ? output.document({ count: found }) : output.line(String(found)));
    return found > 0 ? EXIT.ok : EXIT.miss;
  },
});
