/** `tiercel set`: stores a value. */
import { command, TAGS } from "../command.ts";
import { readAll } from "../input.ts";
import { keyDocument, keyText } from "../keys.ts";
import { readValue } from "../values.ts";

export default command({
  meta: { name: "set", description: "Store a value; without one, or with -, it comes from standard input" },
  args: {
    key: { type: "positional", description: "Key; a JSON array is an array key" },
    value: { type: "positional", required: false, description: "Text; JSON with --json, bytes with --raw" },
    ttl: {
      type: "string",
      valueHint: "duration",
      description: "How long it is fresh, as 5m or 1h30m (default: for ever)",
    },
    grace: {
      type: "string",
      valueHint: "duration",
      description: "How long after that it may be served where a load fails",
    },
    version: { type: "string", valueHint: "text", description: "Version of the value's shape" },
    codec: { type: "string", valueHint: "id", description: "cbor, json or structured" },
    ...TAGS,
  },
  examples: [
    "tiercel set greeting hello --ttl 5m --tag texts",
    `tiercel set user:42 '{"name":"Ada"}' --json`,
    "tiercel set logo --raw < logo.png",
  ],
  async does(session) {
    const { output, key, positionals, signal } = session;
    const lifetimes = session.lifetimes();
    const [, given = "-"] = positionals;
    const value = readValue(given === "-" ? await readAll("-", "value") : given, output);
    const cache = await session.open({ mayCreate: true });
    const tags = session.options("tag");
    const options = Object.fromEntries(
      ["version", "codec"].flatMap((name) =>
        session.option(name) === undefined ? [] : [[name, session.option(name)]],
      ),
    );
    signal.throwIfAborted();
    await cache.set(key, value, { ...lifetimes, ...options, ...(tags.length > 0 && { tags }) });
    if (output.json) await output.document({ key: keyDocument(key), stored: true });
    output.note(`stored ${keyText(key)}`);
  },
});
