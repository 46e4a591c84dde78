/** `tiercel watch`: what others change, as it happens. */
import type { Change } from "../../mod.ts";
import { printable } from "../../src/observe/printable.ts";
import { command } from "../command.ts";
import { pause } from "../interrupt.ts";
import { rawStore, total } from "../raw.ts";
import { count } from "../units.ts";

export default command({
  meta: { name: "watch", description: "Show live what is changed in the store, and how many entries there are" },
  args: {
    interval: { type: "string", valueHint: "duration", description: "How often it looks (default: 1s)" },
    for: { type: "string", valueHint: "duration", description: "Ends after so long (default: when interrupted)" },
  },
  details:
    "Sees what every process does, by the journal of the store (SQLite, libSQL, Redis, Upstash, D1); of other stores only the number of entries.",
  examples: ["tiercel watch", "tiercel watch --for 1m --json"],
  tells: true,
  async does(session) {
    const { output, signal } = session;
    const interval = session.duration("interval") ?? 1_000;
    const time = session.duration("for") ?? Infinity;
    const store = await rawStore(session);
    const { tier, cachePrefix } = store;
    let position = (await tier.journal?.())?.position;
    if (position === undefined) output.note(`${tier.name} keeps no journal: only the number of entries is known`);
    let before: number | undefined;
    const say = async (change: string, what: readonly string[]): Promise<void> => {
      const at = new Date();
      if (output.json) return output.document({ at: at.getTime(), change, what });
      for (const one of what)
        await output.line(`${output.dim(at.toTimeString().slice(0, 8))}  ${change.padEnd(10)}  ${printable(one)}`);
    };
    const own = (text: string): string[] => (text.startsWith(cachePrefix) ? [text.slice(cachePrefix.length)] : []);
    const tell = async (change: Change): Promise<void> => {
      if (change.by === "keys") {
        const keys = change.keys.filter((key) => key.startsWith(store.prefix)).flatMap(own);
        if (keys.length > 0) await say("changed", keys);
      } else if (change.by === "prefix") {
        if (change.prefix.startsWith(cachePrefix) || cachePrefix.startsWith(change.prefix))
          await say("cleared", [own(change.prefix)[0] || "everything"]);
      } else {
        const tags = change.tags.flatMap(own);
        if (tags.length > 0) await say(change.mode === "expire" ? "expired" : "tag", tags);
      }
    };
    const end = Date.now() + time;
    do {
      if (position !== undefined) {
        const page = await tier.journal!(position);
        position = page.position;
        if (page.changes === undefined) await say("changed", ["more than the journal has"]);
        else for (const change of page.changes) await tell(change);
      }
      const entries = await total(store);
      if (entries !== before && entries !== undefined) {
        before = entries;
        if (output.json) await output.document({ at: Date.now(), entries });
        else
          await output.line(
            `${output.dim(new Date().toTimeString().slice(0, 8))}  ${"entries".padEnd(10)}  ${count(entries)}`,
          );
      }
      await pause(Math.max(10, Math.min(interval, end - Date.now())), signal);
    } while (Date.now() < end);
  },
});
