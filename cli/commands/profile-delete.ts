/** `tiercel profile delete`. */
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";
import { profileOf, profilesOf } from "../profiles.ts";

export default command({
  meta: { name: "profile delete", description: "Delete a profile; exit code 1 when there is none of that name" },
  args: { name: { type: "positional", description: "Name of the profile" } },
  examples: ["tiercel profile delete sale --yes"],
  async does(session) {
    const { output, positionals } = session;
    const [name = ""] = positionals;
    const all = await profilesOf(session);
    if (!(await profileOf(all, name))) {
      output.note("no such profile");
      return EXIT.miss;
    }
    await session.confirm(`Delete profile ${name}`);
    await all.delete(name);
    if (output.json) await output.document({ deleted: name });
    output.note(`deleted profile ${name}`);
    return EXIT.ok;
  },
});
