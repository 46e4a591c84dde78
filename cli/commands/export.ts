/** `tiercel export`: all entries to a file or a pipe. */
import { renameSync } from "node:fs";
import { printable } from "../../src/observe/printable.ts";
import { command } from "../command.ts";
import { EXIT, usage } from "../failure.ts";
import { Progress } from "../progress.ts";
import { checkEmpty, page, parts, rawStore, total } from "../raw.ts";
import { drop, load, save } from "../transfer/checkpoint.ts";
import type { EntryRecord, Format } from "../transfer/record.ts";
import { recordOf } from "../transfer/record.ts";
import { fileSink, outputSink, streamSink, targetOf } from "../transfer/target.ts";
import { count, counted } from "../units.ts";

/** How often it is noted how far it has come, in milliseconds. */
const NOTED = 1_000;

export default command({
  meta: { name: "export", description: "Write all entries to a file or standard output, with tags and deadlines" },
  args: {
    file: { type: "positional", required: false, description: "File; without one, or with -, standard output" },
    format: {
      type: "enum",
      options: ["ndjson", "cbor"],
      description: "JSON lines (default), or a CBOR sequence; a file that ends in .cbor is one",
    },
    resume: { type: "boolean", description: "Go on with the export to this file that was interrupted" },
  },
  details: [
    "Takes in all namespaces and scopes of the cache, or with --namespace or --scope what is in there. Until it is complete, the file",
    "ends in .partial, beside a .partial.json that says where to go on. Memory does not grow with the number of entries.",
  ].join("\n"),
  examples: [
    "tiercel export backup.ndjson",
    "tiercel export backup.cbor --resume",
    "tiercel export | gzip > backup.ndjson.gz",
  ],
  async does(session) {
    const { output, positionals } = session;
    const [file = "-"] = positionals;
    const format = await formatOf(session.option("format") ?? (file.endsWith(".cbor") ? "cbor" : "ndjson"));
    const store = await rawStore(session);
    const { cache, where } = await session.whole();
    const what = JSON.stringify([where, store.prefix, format.name]);
    const { kind, path, exists } = targetOf(file);
    const [partial, notes] = [`${path}.partial`, `${path}.partial.json`];
    const isFile = kind === "file";
    if (session.flag("resume") && !isFile)
      throw usage(`Cannot resume an export to ${kind === "output" ? "standard output" : file}`, "name a file");
    const kept = session.flag("resume") ? load(notes, what) : undefined;
    if (!kept && isFile && exists) await session.confirm(`Replace ${file}`);
    const sink = isFile
      ? await fileSink(partial, kept?.bytes)
      : kind === "stream"
        ? await streamSink(session, path)
        : outputSink(session);
    let [entries, bytes, cursor] = [kept?.entries ?? 0, kept?.bytes ?? 0, kept?.cursor];
    const left = kept?.left ?? { count: 0, first: "" };
    let noted = performance.now();
    const put = async (chunk: Uint8Array): Promise<void> => {
      await sink.write(chunk);
      bytes += chunk.length;
    };
    const note = async (): Promise<void> => {
      // Else a crash could leave a note of what is not there.
      await sink.sync();
      if (isFile) save(notes, { what, bytes, entries, cursor, left });
      noted = performance.now();
    };
    const encoded = (record: EntryRecord): Uint8Array[] => {
      try {
        return [format.encode(record)];
      } catch (error) {
        if ((error as { code?: unknown }).code !== "CODEC") throw error;
        if (left.count++ === 0) left.first = `${printable(record.key)} the first of them: ${(error as Error).message}`;
        return [];
      }
    };
    const progress = new Progress(output, "Exporting", await total(store));
    let isWhole = false;
    try {
      if (bytes === 0) await put(format.encode({ tiercel: "export", version: 1, cache: cache.name, at: Date.now() }));
      await note();
      while (!session.signal.aborted) {
        const { keys, cursor: next } = await page(store, cursor);
        for (const some of parts(keys, store.batch)) {
          const read = await store.tier.getMany(some, { now: Date.now(), peek: true });
          const records = some.flatMap((key, at) => {
            const entry = read.entries[at];
            return entry ? encoded(recordOf(key, entry, store.cachePrefix)) : [];
          });
          if (records.length > 0) await put(Buffer.concat(records));
          entries += records.length;
          progress.update(entries);
        }
        cursor = next;
        if (next === undefined) {
          await put(format.encode({ end: true, entries }));
          await sink.sync();
          isWhole = true;
          break;
        }
        if (performance.now() - noted > NOTED) await note();
      }
    } finally {
      progress.end();
      if (isFile && !isWhole) await note();
      await sink.close();
      if (isFile && !isWhole)
        output.warn(`stopped after ${counted(entries, "entry")}: go on by the same command with --resume`);
    }
    session.signal.throwIfAborted();
    if (left.count > 0) output.warn(`left out ${counted(left.count, "entry")} that no export can hold, ${left.first}`);
    if (entries === 0) {
      try {
        await checkEmpty(session, "Exported");
      } catch (error) {
        // What is there already is worth more than a whole export of nothing.
        if (isFile) {
          drop(partial);
          drop(notes);
        }
        throw error;
      }
    }
    if (isFile) {
      renameSync(partial, path);
      drop(notes);
      if (output.json) await output.document({ exported: entries, refused: left.count, bytes, file });
    }
    if (kind !== "output") output.note(`exported ${count(entries)} ${entries === 1 ? "entry" : "entries"} to ${file}`);
    return left.count > 0 ? EXIT.miss : EXIT.ok;
  },
});

/** The format of a name. */
export async function formatOf(name: string): Promise<Format> {
  return name === "cbor"
    ? (await import("../transfer/cbor-sequence.ts")).cborSequence
    : (await import("../transfer/ndjson.ts")).ndjson;
}
