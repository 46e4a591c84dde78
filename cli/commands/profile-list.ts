/** `tiercel profile list`. */
import { command } from "../command.ts";
import { PROFILE_HEAD, profileDocument, profileRow, profilesOf } from "../profiles.ts";

export default command({
  meta: { name: "profile list", description: "List the profiles in the store" },
  examples: ["tiercel profile list"],
  async does(session) {
    const { output } = session;
    const all = await (await profilesOf(session)).list();
    if (output.json) for (const profile of all) await output.document(profileDocument(profile));
    else await output.table(PROFILE_HEAD, all.map(profileRow));
  },
});
