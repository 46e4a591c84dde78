/** `tiercel entries`: lists entries. */
import { command, LIMIT, TAGS } from "../command.ts";
import { EXIT } from "../failure.ts";
import { list } from "../listing.ts";
import { META_HEAD, metaDocument, metaRow } from "../meta.ts";
import { portable, shortOf } from "../values.ts";

/** Rows of one table; the widths of columns are of so many. */
const PAGE = 500;

export default command({
  meta: { name: "entries", description: "List live entries with what is known of them" },
  args: {
    pattern: { type: "positional", required: false, description: "Glob over the key, as 'user:*' (default: all)" },
    ...LIMIT,
    ...TAGS,
    values: { type: "boolean", description: "With their values" },
  },
  examples: ["tiercel entries 'user:*' --limit 20", "tiercel entries --values --json"],
  async does(session) {
    const { output } = session;
    const cache = await session.open();
    const withValues = session.flag("values");
    let rows: string[][] = [];
    let found = 0;
    const head = withValues ? [...META_HEAD, "VALUE"] : META_HEAD;
    for await (const meta of list(session, cache)) {
      // One that is stale is served to no reader.
      const entry =
        withValues && !meta.stale
          ? await cache.getEntry(meta.key, { promote: false, version: meta.version })
          : undefined;
      found++;
      if (output.json) await output.document({ ...metaDocument(meta), ...(entry && { value: portable(entry.value) }) });
      else rows.push([...metaRow(meta), ...(withValues ? [entry ? shortOf(entry.value, 60) : ""] : [])]);
      if (rows.length < PAGE) continue;
      await output.table(head, rows);
      rows = [];
    }
    if (rows.length > 0) await output.table(head, rows);
    if (found === 0) output.note("no entries");
    return found > 0 ? EXIT.ok : EXIT.miss;
  },
});
