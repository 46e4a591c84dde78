/** `tiercel stats`: what is in the store. */

import type { EntryMeta } from "../../mod.ts";
import { printable } from "../../src/observe/printable.ts";
import { command } from "../command.ts";
import { ago, count, duration, size } from "../units.ts";

/** Adds to a count by name. */
function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The most frequent first. */
function top(counts: Map<string, number>, most: number): [string, number][] {
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, most);
}

export default command({
  meta: { name: "stats", description: "Show what is in the store: entries, and with --full sizes, tags, ages" },
  args: { full: { type: "boolean", description: "Look at every entry; takes longer the more there are" } },
  examples: ["tiercel stats", "tiercel stats --full --json"],
  async does(session) {
    const { output, signal } = session;
    const cache = await session.open();
    const { where } = await session.whole();
    const entries = await cache.size({ signal });
    session.check();
    const tiers = cache.stats().tiers.map(({ name }) => name);
    if (!session.flag("full")) {
      if (output.json) return output.document({ cache: cache.name, store: where, tiers, entries });
      await output.line(`${output.dim("cache   ")} ${cache.name} in ${where}`);
      await output.line(`${output.dim("tiers   ")} ${tiers.join(", ")}`);
      return output.line(`${output.dim("entries ")} ${count(entries)}`);
    }
    const [tags, codecs, profiles] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
    let [bytes, stale, forever, tagged, looked] = [0, 0, 0, 0, 0];
    let [oldest, newest, soonest] = [Infinity, -Infinity, Infinity];
    const look = (meta: EntryMeta): void => {
      looked++;
      bytes += meta.size ?? 0;
      if (meta.stale) stale++;
      else soonest = Math.min(soonest, meta.ttl);
      if (meta.ttl === Infinity) forever++;
      if (meta.tags.length > 0) tagged++;
      // Tags can be as many as entries: of more than this, those seen first are counted.
      for (const tag of meta.tags) if (tags.size < 100_000 || tags.has(tag)) add(tags, tag);
      add(codecs, meta.codec ?? "none");
      if (meta.profile !== undefined) add(profiles, meta.profile);
      oldest = Math.min(oldest, meta.createdAt);
      newest = Math.max(newest, meta.createdAt);
    };
    for await (const meta of cache.metas({ signal })) look(meta);
    const known = looked > 0;
    if (output.json)
      return output.document({
        ...{ cache: cache.name, store: where, tiers, entries: looked, bytes, stale, forever, tagged },
        oldest: known ? oldest : null,
        newest: known ? newest : null,
        nextExpiry: Number.isFinite(soonest) ? Math.round(soonest) : null,
        tags: Object.fromEntries(top(tags, 20)),
        codecs: Object.fromEntries(codecs),
        profiles: Object.fromEntries(profiles),
      });
    const rows: [string, string][] = [
      ["cache", `${cache.name} in ${where}`],
      ["tiers", tiers.join(", ")],
      ["entries", count(looked)],
      ["values", `${size(bytes)}${known ? `, ${size(bytes / looked)} each` : ""}`],
      ["stale", count(stale)],
      ["forever", `${count(forever)} without a ttl`],
      ["expiry", Number.isFinite(soonest) ? `next in ${duration(soonest)}` : "none"],
      ["made", known ? `from ${ago(oldest)} to ${ago(newest)}` : "nothing"],
      [
        "codecs",
        top(codecs, 5)
          .map(([name, n]) => `${name} ${count(n)}`)
          .join(", ") || "none",
      ],
    ];
    if (profiles.size > 0)
      rows.push([
        "profiles",
        top(profiles, 5)
          .map(([name, n]) => `${name} ${count(n)}`)
          .join(", "),
      ]);
    for (const [name, value] of rows) await output.line(`${output.dim(name.padEnd(8))} ${printable(value)}`);
    if (tags.size > 0)
      await output.table(
        ["TAG", "ENTRIES"],
        top(tags, 20).map(([tag, n]) => [tag, count(n)]),
      );
  },
});
