/** `tiercel touch`: gives an entry a new ttl. */
import { touch } from "../any-version.ts";
import { command } from "../command.ts";
import { EXIT, usage } from "../failure.ts";
import { keyDocument, keyText } from "../keys.ts";

export default command({
  meta: { name: "touch", description: "Give an entry a new ttl from now on; exit code 1 on a miss" },
  args: {
    key: { type: "positional", description: "Key; a JSON array is an array key" },
    ttl: {
      type: "string",
      valueHint: "duration",
      description: "How long it is fresh from now on, as 5m or forever (required)",
    },
    grace: {
      type: "string",
      valueHint: "duration",
      description: "How long after that it may be served where a load fails",
    },
  },
  examples: ["tiercel touch user:42 --ttl 1h"],
  async does(session) {
    const { output, key } = session;
    const { ttl, ...rest } = session.lifetimes();
    if (ttl === undefined) throw usage("tiercel touch must have --ttl: received none");
    const touched = await touch(await session.open(), key, { ttl, ...rest });
    if (output.json) await output.document({ key: keyDocument(key), touched });
    output.note(touched ? `${keyText(key)} is fresh for ${session.option("ttl")}` : "miss");
    return touched ? EXIT.ok : EXIT.miss;
  },
});
