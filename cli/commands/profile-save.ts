/** `tiercel profile save`. */
import { command, TAGS } from "../command.ts";
import { profileDocument, profileOf, profilesOf } from "../profiles.ts";

export default command({
  meta: { name: "profile save", description: "Make a profile, or change the fields that are given" },
  args: {
    name: { type: "positional", description: "Name of the profile, 1 to 64 characters" },
    ttl: { type: "string", valueHint: "duration", description: "Time to live of what is written (default: 1h)" },
    "sweep-interval": {
      type: "string",
      valueHint: "duration",
      description: "How often expired entries are removed; 0 is off (default: 1m)",
    },
    "max-entries": { type: "string", valueHint: "n", description: "Bound of the memory tier" },
    "free-memory": {
      type: "string",
      valueHint: "MB",
      description: "Free memory of the machine to keep (default: 500)",
    },
    ...TAGS,
  },
  examples: ["tiercel profile save sale --ttl 30s --tag sale"],
  async does(session) {
    const { output, positionals } = session;
    const [name = ""] = positionals;
    const fields = {
      ttl: session.duration("ttl", false),
      sweepInterval: session.duration("sweep-interval"),
      maxEntries: session.integer("max-entries"),
      freeMemoryTarget: session.integer("free-memory"),
      tags: session.options("tag").length > 0 ? session.options("tag") : undefined,
    };
    const all = await profilesOf(session, true);
    const patch = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    const isKnown = (await profileOf(all, name)) !== undefined;
    const profile = isKnown ? await all.update(name, patch) : await all.save({ name, ...patch });
    if (output.json) await output.document(profileDocument(profile));
    output.note(`${isKnown ? "changed" : "saved"} profile ${name}`);
  },
});
