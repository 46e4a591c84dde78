/** `tiercel profile export`. */
import { command } from "../command.ts";
import { profilesOf } from "../profiles.ts";

export default command({
  meta: { name: "profile export", description: "Print all profiles as JSON, for profile import" },
  examples: ["tiercel profile export > profiles.json"],
  async does(session) {
    await session.output.line(await (await profilesOf(session)).export());
  },
});
