/** `tiercel warm`: fills the cache before it is asked. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Key, type Loader, warm } from "../../mod.ts";
import { encodeKey } from "../../src/key.ts";
import { command, TAGS } from "../command.ts";
import { EXIT, failureOf, usage } from "../failure.ts";
import { keyOf, keyOfJson, keysFrom, keyText } from "../keys.ts";
import { Progress } from "../progress.ts";
import { count, counted } from "../units.ts";

export default command({
  meta: { name: "warm", description: "Load values for a list of keys, from a URL or by a module" },
  args: {
    file: {
      type: "positional",
      required: false,
      description: "File with a key a line; without one, or with -, standard input",
    },
    from: {
      type: "string",
      valueHint: "url",
      description: "Template with {key}, as https://api.example/users/{key}; JSON is parsed, text stays text",
    },
    module: {
      type: "string",
      alias: "m",
      valueHint: "file",
      description: "Module whose export load (or default) makes the value of a key",
    },
    ttl: { type: "string", valueHint: "duration", description: "How long they are fresh (default: for ever)" },
    grace: {
      type: "string",
      valueHint: "duration",
      description: "How long after that they may be served where a load fails",
    },
    concurrency: { type: "string", valueHint: "n", description: "Loads at a time (default: 8)" },
    ...TAGS,
  },
  details:
    "Keys that are there already are not loaded; with --json they may be as tiercel keys --json prints them. A module's load gets { key, signal }, as a loader of getOrSet. Without --from and --module the load of the config is called.",
  examples: [
    "tiercel warm ids.txt --from 'https://api.example/users/{key}' --ttl 1h",
    "tiercel keys --url old.db | tiercel warm --module ./load.js",
  ],
  async does(session) {
    const { output, positionals, signal } = session;
    const lifetimes = session.lifetimes();
    const load = await loaderOf(session.option("from"), session.option("module"), (await session.config()).config.load);
    const cache = await session.open({ mayCreate: true, isLong: true });
    const tags = session.options("tag");
    // With --json, which is about the output too, a line in quotes is a text of JSON; an array is the same in either form.
    const read = (text: string, at: string): Key =>
      output.json && text.startsWith('"') ? keyOfJson(text, at) : keyOf(text);
    const progress = new Progress(output, "Warming");
    let told = 0;
    try {
      const { done, failed } = await warm(cache, keysFrom(positionals[0] ?? "-", read), {
        load,
        signal,
        concurrency: session.integer("concurrency") ?? 8,
        ...lifetimes,
        ...(tags.length > 0 && { tags }),
        onProgress: (state) => progress.update(state.done + state.failed),
        onError(error, [key]) {
          const failure = failureOf(error);
          // A store that is gone fails every key.
          if ((error as { code?: unknown }).code === "TIER") throw failure;
          if (++told <= 10) output.warn(`${key === undefined ? "" : `${keyText(key)}: `}${failure.message}`);
        },
      });
      progress.end();
      if (output.json) await output.document({ done, failed });
      output.note(`warmed ${counted(done, "key")}${failed > 0 ? `, ${count(failed)} failed` : ""}`);
      return failed > 0 ? EXIT.miss : EXIT.ok;
    } finally {
      progress.end();
    }
  },
});

/** @throws {Failure} for none, for both, and for what makes nothing */
async function loaderOf(
  from: string | undefined,
  module: string | undefined,
  own: Loader | undefined,
): Promise<Loader> {
  if (from !== undefined && module !== undefined)
    throw usage("tiercel warm takes one of --from and --module: received both");
  if (from !== undefined) return fetcher(from);
  if (module !== undefined) {
    let exports: { load?: unknown; default?: unknown };
    try {
      exports = await import(pathToFileURL(resolve(module)).href);
    } catch (error) {
      throw usage(`Cannot load module ${module}: ${(error as Error).message}`);
    }
    const load = exports.load ?? exports.default;
    if (typeof load !== "function")
      throw usage(
        `Cannot use module ${module} as its export load or default must be a function: received ${typeof load}`,
      );
    return load as Loader;
  }
  if (own) return own;
  throw usage("tiercel warm must have --from, --module, or load in the config: received none");
}

/** @throws {Failure} for a template without the key */
function fetcher(template: string): Loader {
  if (!template.includes("{key}")) throw usage("Cannot use --from as it must have {key} in it");
  return async ({ key, signal }) => {
    const text = typeof key === "string" ? key : encodeKey(key);
    const url = template.replaceAll("{key}", () => encodeURIComponent(text));
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the answer was ${response.status}`);
    }
    const type = response.headers.get("content-type") ?? "";
    if (/\bjson\b/.test(type)) return response.json();
    return /^text\//.test(type) ? response.text() : new Uint8Array(await response.arrayBuffer());
  };
}
