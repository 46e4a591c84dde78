/** `tiercel profile import`. */
import { command } from "../command.ts";
import { readAll } from "../input.ts";
import { profilesOf } from "../profiles.ts";
import { counted } from "../units.ts";

export default command({
  meta: { name: "profile import", description: "Keep the profiles of a file that profile export made" },
  args: { file: { type: "positional", required: false, description: "File; without one, or with -, standard input" } },
  examples: ["tiercel profile import profiles.json"],
  async does(session) {
    const { output, positionals, signal } = session;
    const text = new TextDecoder().decode(await readAll(positionals[0] ?? "-", "profiles"));
    const all = await profilesOf(session, true);
    signal.throwIfAborted();
    const names = await all.import(text);
    if (output.json) await output.document({ imported: names });
    output.note(`imported ${counted(names.length, "profile")}: ${names.join(", ")}`);
  },
});
