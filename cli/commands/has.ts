/** `tiercel has`: whether a key has a fresh value. */
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";
import { keyDocument } from "../keys.ts";

export default command({
  meta: { name: "has", description: "Tell whether a key has a fresh value; exit code 1 if not" },
  args: { key: { type: "positional", description: "Key; a JSON array is an array key" } },
  examples: ["tiercel has user:42 && echo cached"],
  async does(session) {
    const { output, key } = session;
    // As the rest, whatever its version.
    const has = (await (await session.open()).meta(key))?.stale === false;
    if (output.json) await output.document({ key: keyDocument(key), has });
    else if (!output.quiet) await output.line(has ? "yes" : "no");
    return has ? EXIT.ok : EXIT.miss;
  },
});
