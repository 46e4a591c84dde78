/** `tiercel profile delete`. */
import { command } from "../command.ts";
import { profilesOf } from "../profiles.ts";

export default command({
  meta: { name: "profile delete", description: "Delete a profile" },
  args: { name: { type: "positional", description: "Name of the profile" } },
  examples: ["tiercel profile delete sale --yes"],
  async does(session) {
    const { output, positionals } = session;
    const [name = ""] = positionals;
    const all = await profilesOf(session);
    await all.get(name);
    await session.confirm(`Delete profile ${name}`);
    await all.delete(name);
    if (output.json) await output.document({ deleted: name });
    output.note(`deleted profile ${name}`);
  },
});
