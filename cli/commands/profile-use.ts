/** `tiercel profile use`. */
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";
import { profileOf, profilesOf } from "../profiles.ts";

export default command({
  meta: {
    name: "profile use",
    description:
      "Make the settings of a profile those that programs begin with; exit code 1 when there is none of that name",
  },
  args: { name: { type: "positional", description: "Name of the profile" } },
  details:
    "Its settings are kept as those of the profile default, which every program that uses profiles has in force when it starts. Programs that run go on with theirs.",
  examples: ["tiercel profile use sale"],
  async does(session) {
    const { output, positionals } = session;
    const all = await profilesOf(session);
    const found = await profileOf(all, positionals[0]!);
    if (!found) {
      output.note("no such profile");
      return EXIT.miss;
    }
    const { name, ...settings } = found;
    await session.confirm(`Replace the settings of profile default by those of ${name}`);
    await all.save({ ...settings, name: "default" });
    if (output.json) await output.document({ used: name });
    output.note(`programs that start from now on begin with the settings of ${name}`);
    return EXIT.ok;
  },
});
