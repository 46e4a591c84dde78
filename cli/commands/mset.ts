/** `tiercel mset`: stores many values. */
import { type SetItem, warm } from "../../mod.ts";
import { type Duration, toMilliseconds } from "../../src/duration.ts";
import { command, TAGS } from "../command.ts";
import { usage } from "../failure.ts";
import { lines, open } from "../input.ts";
import { keyOf, keyOfDocument } from "../keys.ts";
import { nearest } from "../nearest.ts";
import { Progress } from "../progress.ts";
import { counted } from "../units.ts";
import { parseJson } from "../values.ts";

export default command({
  meta: { name: "mset", description: "Store many values: KEY=TEXT each, or JSON lines from standard input" },
  args: {
    pair: {
      type: "positional",
      required: false,
      description: "KEY=VALUE; without any, or with -, JSON lines from standard input",
    },
    ttl: { type: "string", valueHint: "duration", description: "How long they are fresh (default: for ever)" },
    ...TAGS,
  },
  many: true,
  details: 'A JSON line is {"key": …, "value": …} and may have ttl, grace, tags, version and codec of its own.',
  examples: ["tiercel mset a=1 b=2 --ttl 5m", `echo '{"key":"a","value":[1],"ttl":"1h","tags":["x"]}' | tiercel mset`],
  async does(session) {
    const { output, signal, positionals } = session;
    const lifetimes = session.lifetimes();
    const cache = await session.open({ mayCreate: true });
    const tags = session.options("tag");
    const shared = { ...lifetimes, ...(tags.length > 0 && { tags }) };
    const progress = new Progress(output, "Storing");
    try {
      const { done } = await warm(cache, itemsOf(positionals, output.json), {
        ...shared,
        signal,
        onProgress: (state) => progress.update(state.done),
      });
      progress.end();
      if (output.json) await output.document({ stored: done });
      output.note(`stored ${counted(done, "key")}`);
    } finally {
      progress.end();
    }
  },
});

/** What a JSON line may have. */
const FIELDS = ["key", "value", "ttl", "grace", "tags", "version", "codec"];

async function* itemsOf(positionals: readonly string[], json: boolean): AsyncGenerator<SetItem> {
  if (positionals.length > 0 && positionals[0] !== "-") {
    for (const pair of positionals) {
      const at = pair.indexOf("=");
      if (at < 1)
        throw usage(`Cannot read pair as it must be KEY=VALUE: received ${JSON.stringify(pair.slice(0, 40))}`);
      const value = pair.slice(at + 1);
      yield { key: keyOf(pair.slice(0, at)), value: json ? parseJson(value, `value of ${pair.slice(0, at)}`) : value };
    }
    return;
  }
  for await (const { text, number } of lines(open("-", "items"))) {
    if (text.trim() === "") continue;
    const item = parseJson(text, `line ${number}`) as SetItem;
    if (typeof item !== "object" || item === null || !("key" in item) || !("value" in item))
      throw usage(`Cannot read line ${number} as it must be an object with key and value`);
    for (const field of Object.keys(item))
      if (!FIELDS.includes(field)) {
        const meant = nearest(field, FIELDS);
        throw usage(
          `Cannot read line ${number} as it must have no other fields than ${FIELDS.join(", ")}: received ${JSON.stringify(field.slice(0, 40))}`,
          meant && `did you mean ${meant}?`,
        );
      }
    if (item.ttl !== undefined && toMilliseconds(item.ttl as Duration, "ttl") <= 0)
      throw usage(`Cannot use ttl of line ${number} as it must be longer than 0`);
    const key = keyOfDocument(item.key);
    if (key === undefined) throw usage(`Cannot read key of line ${number} as it must be a text or an array`);
    yield { ...item, key };
  }
}
