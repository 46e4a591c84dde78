/**
 * Logs that programs keep in the store.
 *
 * @module
 */
import { usage } from "./failure.ts";
import { keyDocument, keyText } from "./keys.ts";
import type { Session } from "./session.ts";
import { ago, count } from "./units.ts";

/** @throws {Failure} where the store cannot keep logs */
export async function checkLogs(session: Session): Promise<void> {
  const store = await session.store();
  if (!store.logs) throw usage(`Cannot read the log as the store must be SQLite: received ${store.name}`);
}

/** Ends a log before anything of this command itself is in it. */
export function idle(log: { stop(): Promise<void> }): Promise<void> {
  return log.stop();
}

/** Shows accesses; answers with how many. */
export async function showAccesses(session: Session, order: "last" | "count", most: number): Promise<number> {
  const { output } = session;
  const cache = await session.open();
  await checkLogs(session);
  const { accessLog } = await import("../src/observe/logs.ts");
  const log = accessLog(cache);
  const rows = await log.list({ order, limit: session.integer("limit") ?? most });
  await idle(log);
  if (output.json) {
    for (const { key, count, lastAt, profile } of rows)
      await output.document({ key: keyDocument(key), count, lastAt, profile: profile ?? null });
  } else if (rows.length > 0) {
    await output.table(
      ["KEY", "READS", "LAST"],
      rows.map(({ key, count: reads, lastAt }) => [keyText(key), count(reads), ago(lastAt)]),
    );
  } else output.note("nothing is logged");
  return rows.length;
}
