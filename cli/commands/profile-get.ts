/** `tiercel profile get`. */
import { command } from "../command.ts";
import { EXIT } from "../failure.ts";
import { PROFILE_HEAD, profileDocument, profileOf, profileRow, profilesOf } from "../profiles.ts";

export default command({
  meta: { name: "profile get", description: "Show a profile; exit code 1 when there is none of that name" },
  args: { name: { type: "positional", description: "Name of the profile" } },
  examples: ["tiercel profile get sale"],
  async does(session) {
    const { output, positionals } = session;
    const profile = await profileOf(await profilesOf(session), positionals[0]!);
    if (!profile) {
      output.note("no such profile");
      return EXIT.miss;
    }
    if (output.json) await output.document(profileDocument(profile));
    else await output.table(PROFILE_HEAD, [profileRow(profile)]);
    return EXIT.ok;
  },
});
