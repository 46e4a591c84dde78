/** `tiercel delete`: deletes keys. */
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";
import { keyOf } from "../keys.ts";
import { counted } from "../units.ts";

export default command({
  meta: { name: "delete", description: "Delete keys; exit code 1 when none was there" },
  args: { key: { type: "positional", description: "Key; a JSON array is an array key" } },
  many: true,
  examples: ["tiercel delete user:42 user:43"],
  async does(session) {
    const { output, positionals } = session;
    const cache = await session.open();
    const deleted = await cache.deleteMany(positionals.map(keyOf));
    if (output.json) await output.document({ deleted });
    output.note(`deleted ${counted(deleted, "key")}`);
    return deleted > 0 ? EXIT.ok : EXIT.miss;
  },
});
