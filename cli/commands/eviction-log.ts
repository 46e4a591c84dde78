/** `tiercel eviction-log`: what left the cache, and why. */
import { command, LIMIT } from "../command.ts";
import { EXIT } from "../failure.ts";
import { keyDocument, keyText } from "../keys.ts";
import { checkLogs, idle } from "../logs.ts";
import { ago } from "../units.ts";

export default command({
  meta: {
    name: "eviction-log",
    description: "Show what left the cache and why, of programs that keep an eviction log",
  },
  args: { ...LIMIT },
  details: "A program keeps it with evictionLog(cache) of tiercel/observe, over SQLite.",
  examples: ["tiercel eviction-log --limit 10"],
  async does(session) {
    const { output } = session;
    const cache = await session.open();
    await checkLogs(session);
    const { evictionLog } = await import("../../src/observe/logs.ts");
    const log = evictionLog(cache);
    const rows = await log.list({ limit: session.integer("limit") ?? 100 });
    // Nothing of what this command does is to be logged.
    await idle(log);
    if (output.json) {
      for (const { key, at, reason, accesses, profile } of rows)
        await output.document({
          key: keyDocument(key),
          at,
          reason,
          accesses: accesses ?? null,
          profile: profile ?? null,
        });
    } else if (rows.length > 0) {
      await output.table(
        ["KEY", "WHEN", "REASON", "READS"],
        rows.map(({ key, at, reason, accesses }) => [
          keyText(key),
          ago(at),
          reason,
          accesses === undefined ? "" : String(accesses),
        ]),
      );
    } else output.note("nothing is logged");
    return rows.length > 0 ? EXIT.ok : EXIT.miss;
  },
});
