/** `tiercel meta`: what is known of an entry. */

import { printable } from "../../src/observe/printable.ts";
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";
import { metaDocument, metaLines } from "../meta.ts";

export default command({
  meta: { name: "meta", description: "Show what is known of an entry without its value: times, tags, size" },
  args: { key: { type: "positional", description: "Key; a JSON array is an array key" } },
  examples: ["tiercel meta user:42"],
  async does(session) {
    const { output, key } = session;
    const meta = await (await session.open()).meta(key);
    if (!meta) {
      output.note("miss");
      return EXIT.miss;
    }
    if (output.json) await output.document(metaDocument(meta));
    else
      for (const [name, value] of metaLines(meta))
        await output.line(`${output.dim(name.padEnd(8))} ${printable(value)}`);
    return EXIT.ok;
  },
});
