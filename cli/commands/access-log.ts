/** `tiercel access-log`: which keys were read last. */
import { command, LIMIT } from "../command.ts";
import { EXIT } from "../failure.ts";
import { showAccesses } from "../logs.ts";

export default command({
  meta: { name: "access-log", description: "Show which keys were read last, of programs that keep an access log" },
  args: { ...LIMIT },
  details: "A program keeps it with accessLog(cache) of tiercel/observe, over SQLite.",
  examples: ["tiercel access-log --limit 10"],
  async does(session) {
    return (await showAccesses(session, "last", 100)) > 0 ? EXIT.ok : EXIT.miss;
  },
});
