/** `tiercel import`: the entries of an export. */
import { statSync } from "node:fs";
import type { Write } from "../../mod.ts";
import { command } from "../command.ts";
import { EXIT, usage } from "../failure.ts";
import { open } from "../input.ts";
import { Progress } from "../progress.ts";
import { type RawStore, rawStore } from "../raw.ts";
import type { Session } from "../session.ts";
import { drop, load, save } from "../transfer/checkpoint.ts";
import { type EntryRecord, entryOf, type Format, type Header } from "../transfer/record.ts";
import { count, counted } from "../units.ts";
import { formatOf } from "./export.ts";

/** How often it is noted how far it has come, in milliseconds. */
const NOTED = 1_000;
/** Bytes of the file that become one write at most. */
const BATCH_BYTES = 4 * 1024 * 1024;

interface Counts {
  imported: number;
  expired: number;
  kept: number;
  refused: number;
}

export default command({
  meta: { name: "import", description: "Store the entries of an export, with tags and what is left of their ttl" },
  args: {
    file: {
      type: "positional",
      required: false,
      description: "File that tiercel export made; without one, or with -, standard input",
    },
    keep: { type: "boolean", description: "Leave keys alone that are there already (default: replace)" },
    resume: { type: "boolean", description: "Go on with the import of this file that was interrupted" },
  },
  details: [
    "Deadlines are moments, so what expired since the export is left out. The format is known by the first byte. An import that is",
    "interrupted leaves FILE.import.json, which says where to go on. Values are encoded and encrypted anew, as the store that they go to has it.",
  ].join("\n"),
  examples: ["tiercel import backup.ndjson --url redis://localhost", "gunzip < backup.ndjson.gz | tiercel import"],
  async does(session) {
    const { output, positionals } = session;
    const [file = "-"] = positionals;
    const stat = file === "-" ? undefined : statSync(file, { throwIfNoEntry: false });
    // A pipe that has a name cannot be read again from a place.
    const isFile = stat?.isFile() === true;
    if (session.flag("resume") && file === "-") throw usage("Cannot resume an import of standard input", "name a file");
    if (session.flag("resume") && stat && !isFile)
      throw usage(`Cannot resume an import of ${file} as it must be a file`, "begin without --resume");
    const source = open(file, "export");
    const { format, bytes } = await sniff(source);
    const store = await rawStore(session, true);
    if (store.tier.capabilities.readOnly) throw usage("Cannot import as the store is open for reading only");
    const { where } = await session.whole();
    const notes = `${file}.import.json`;
    const what = JSON.stringify([where, store.prefix, format.name]);
    const kept = session.flag("resume") ? load(notes, what) : undefined;
    const items = kept ? format.decode(open(file, "export", kept.bytes), kept.bytes) : format.decode(bytes, 0);
    const counts: Counts = { imported: 0, expired: 0, kept: 0, refused: 0 };
    const before = kept?.entries ?? 0;
    let [seen, done, isEnded, isHeaded] = [before, kept?.bytes ?? 0, false, kept !== undefined];
    let [noted, outside] = [performance.now(), 0];
    let batch: EntryRecord[] = [];
    let [end, from] = [done, done];
    const progress = new Progress(output, isFile ? "Importing bytes" : "Importing", isFile ? stat.size : undefined);
    const note = (): void => {
      if (isFile) save(notes, { what, bytes: done, entries: seen });
      noted = performance.now();
    };
    const flush = async (): Promise<void> => {
      await write(session, store, batch, counts);
      seen += batch.length;
      [batch, done, from] = [[], end, end];
      progress.update(isFile ? done : seen);
      if (performance.now() - noted > NOTED) note();
    };
    try {
      for await (const { item, end: at } of items) {
        if (!isHeaded) {
          if ((item as Partial<Header>).tiercel === undefined)
            throw usage("Cannot read the export as its first item must be a header");
          isHeaded = true;
        } else if ("end" in item) {
          if (item.entries !== seen + batch.length)
            output.warn(
              `the export says that it has ${counted(item.entries, "entry")}, and had ${count(seen + batch.length)}`,
            );
          isEnded = true;
        } else if ("key" in item) {
          batch.push(item);
          if (!(store.cachePrefix + item.key).startsWith(store.prefix)) outside++;
        }
        end = at;
        if (batch.length < store.batch && end - from < BATCH_BYTES) continue;
        await flush();
        if (session.signal.aborted) break;
      }
      if (batch.length > 0 && !session.signal.aborted) await flush();
    } finally {
      progress.end();
      if (isFile && !isEnded && (session.signal.aborted || done > 0)) {
        note();
        output.warn(`stopped after ${counted(seen, "entry")}: go on by the same command with --resume`);
      }
    }
    session.signal.throwIfAborted();
    const skipped = [
      counts.expired > 0 ? `${count(counts.expired)} had expired` : "",
      counts.kept > 0 ? `${count(counts.kept)} were there already` : "",
      counts.refused > 0 ? `${count(counts.refused)} were too large for the store, or not for its codecs` : "",
    ].filter((text) => text !== "");
    if (outside > 0)
      output.warn(
        `${counted(outside, "entry")} ${outside === 1 ? "is" : "are"} outside the namespace or scope, where it does not see them`,
      );
    if (output.json) await output.document({ ...counts, complete: isEnded });
    output.note(`imported ${counted(counts.imported, "entry")}${skipped.length > 0 ? ` (${skipped.join(", ")})` : ""}`);
    if (!isEnded) throw usage("Cannot find the end of the export: it is cut off, and what it has was imported");
    if (isFile) drop(notes);
    return counts.refused > 0 ? EXIT.miss : EXIT.ok;
  },
});

/** Tells the format by the first byte, and gives back all bytes. */
async function sniff(source: AsyncIterable<Uint8Array>): Promise<{ format: Format; bytes: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const { value: first, done } = await iterator.next();
  if (done || first.length === 0) throw usage("Cannot read the export as it is empty");
  const isCbor = first[0] === 0xd8;
  if (!isCbor && first[0] !== 0x7b)
    throw usage("Cannot read the export as it must be JSON lines or CBOR of tiercel export: received other bytes");
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield first as Uint8Array;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { format: await formatOf(isCbor ? "cbor" : "ndjson"), bytes: bytes() };
}

/** Writes records; a batch that the store refuses for one of them is written one by one. */
async function write(
  session: Session,
  { tier, cachePrefix: prefix }: RawStore,
  records: readonly EntryRecord[],
  counts: Counts,
): Promise<void> {
  const now = Date.now();
  const { minTtl = 0, maxKeyBytes = Infinity } = tier.capabilities;
  const writes: Write[] = [];
  for (const record of records) {
    const entry = entryOf(record, prefix);
    if (Buffer.byteLength(prefix + record.key) > maxKeyBytes) counts.refused++;
    else if (entry.staleUntil <= now || entry.staleUntil - now < minTtl) counts.expired++;
    else writes.push({ key: prefix + record.key, entry, codec: record.codec });
  }
  let wanted: readonly Write[] = writes;
  if (session.flag("keep") && writes.length > 0) {
    const { entries } = await tier.getMany(
      writes.map(({ key }) => key),
      { now, peek: true, metaOnly: true },
    );
    wanted = writes.filter((_, at) => entries[at] === undefined);
    counts.kept += writes.length - wanted.length;
  }
  if (wanted.length === 0) return;
  try {
    await tier.setMany((await tier.prepare?.(wanted)) ?? wanted, now);
    counts.imported += wanted.length;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== "TIER_LIMIT" && code !== "CODEC" && code !== "CONFIG") throw error;
    for (const one of wanted) await writeOne(tier, one, now, counts);
  }
}

async function writeOne(tier: RawStore["tier"], one: Write, now: number, counts: Counts): Promise<void> {
  // A codec that the store does not know gives way to its own, and to the one that takes most.
  for (const codec of [one.codec, undefined, "structured"]) {
    const attempt = { ...one, codec };
    try {
      const prepared = (await tier.prepare?.([attempt])) ?? [attempt];
      await tier.setMany(prepared, now);
      counts.imported++;
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== "TIER_LIMIT" && code !== "CODEC" && code !== "CONFIG") throw error;
    }
  }
  counts.refused++;
}
