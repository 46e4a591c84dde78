/** `tiercel hot`: the keys that are read most. */
import { command, LIMIT } from "../command.ts";
import { EXIT } from "../failure.ts";
import { showAccesses } from "../logs.ts";

export default command({
  meta: { name: "hot", description: "Show the keys that are read most, of programs that keep an access log" },
  args: { ...LIMIT },
  details: "A program keeps it with hotKeys(cache) or accessLog(cache) of tiercel/observe, over SQLite.",
  examples: ["tiercel hot --limit 10"],
  async does(session) {
    return (await showAccesses(session, "count", 20)) > 0 ? EXIT.ok : EXIT.miss;
  },
});
