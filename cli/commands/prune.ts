/** `tiercel prune`: removes expired entries. */
import { command } from "../command.ts";
import { counted } from "../units.ts";

export default command({
  meta: { name: "prune", description: "Remove entries whose time is over from the store" },
  examples: ["tiercel prune"],
  async does(session) {
    const { output, signal } = session;
    const removed = await (await session.open()).prune({ signal });
    if (output.json) await output.document({ removed: removed.length });
    output.note(`removed ${counted(removed.length, "expired entry")}`);
  },
});
