/** `tiercel mget`: the values of many keys. */
import type { Key } from "../../mod.ts";
import { valuesOf } from "../any-version.ts";
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";
import { keyDocument, keyOf, keyOfJson, keysFrom, keyText } from "../keys.ts";
import { portable, shortOf } from "../values.ts";

/** Keys of one read. */
const BATCH = 200;

export default command({
  meta: { name: "mget", description: "Print the values of many keys; exit code 1 when one is missing" },
  args: {
    key: {
      type: "positional",
      required: false,
      description: "Keys; without any, or with -, one a line from standard input",
    },
  },
  many: true,
  details:
    "With --json, a document {key, value} for each hit, in the order of the keys; keys of standard input are JSON then, as tiercel keys --json prints them.",
  examples: ["tiercel mget user:42 user:43 --json", "tiercel keys 'user:*' --json | tiercel mget --json"],
  async does(session) {
    const { output, positionals } = session;
    const cache = await session.open();
    let missing = 0;
    const show = async (keys: readonly Key[]): Promise<void> => {
      const hits = await valuesOf(cache, keys);
      missing += keys.filter((key) => !hits.has(key)).length;
      const rows: string[][] = [];
      for (const [key, value] of hits) {
        if (output.json) await output.document({ key: keyDocument(key), value: portable(value) });
        else rows.push([keyText(key), shortOf(value, 200)]);
      }
      if (rows.length > 0) await output.table(["KEY", "VALUE"], rows);
    };
    let batch: Key[] = [];
    for await (const key of keysOf(positionals, output.json)) {
      batch.push(key);
      if (batch.length < BATCH) continue;
      await show(batch);
      batch = [];
    }
    if (batch.length > 0) await show(batch);
    return missing > 0 ? EXIT.miss : EXIT.ok;
  },
});

async function* keysOf(positionals: readonly string[], isJson: boolean): AsyncGenerator<Key> {
  if (positionals.length === 0 || positionals[0] === "-") yield* keysFrom("-", isJson ? keyOfJson : keyOf);
  else for (const text of positionals) yield keyOf(text);
}
