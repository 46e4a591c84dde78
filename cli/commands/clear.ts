/** `tiercel clear`: deletes everything, or what meets conditions. */
import type { ClearOptions } from "../../mod.ts";
import { command, TAGS } from "../command.ts";
import { impact, matches } from "../impact.ts";

export default command({
  meta: {
    name: "clear",
    description: "Delete everything of the cache, namespace or scope, or what meets all conditions",
  },
  args: {
    ...TAGS,
    match: {
      type: "enum",
      options: ["any", "all", "exact"],
      description: "With several tags: any of them (default), all, or exactly these",
    },
    profile: { type: "string", valueHint: "name", description: "Only entries that were written under this profile" },
    fn: {
      type: "string",
      valueHint: "name",
      description: "Only results of the function that was wrapped under this name",
    },
    ttl: { type: "string", valueHint: "duration", description: "Only entries that were written with this ttl" },
  },
  details:
    "Asks first, and tells how many entries there are, but for --fn and --ttl. Other caches in the same store are left alone.",
  examples: ["tiercel clear", "tiercel clear --namespace users --tag old --yes"],
  async does(session) {
    const { output, signal } = session;
    const ttl = session.duration("ttl");
    const cache = await session.open();
    const tags = session.options("tag");
    const match = session.match();
    const conditions: ClearOptions = {};
    if (tags.length > 0) Object.assign(conditions, { tags, match });
    for (const [name, value] of [
      ["profile", session.option("profile")],
      ["fn", session.option("fn")],
      ["ttl", ttl],
    ] as const)
      if (value !== undefined) Object.assign(conditions, { [name]: value });
    const isAll = Object.keys(conditions).length === 0;
    const { profile } = conditions;
    // What is known of an entry tells neither the function that has made it nor the ttl that it was written with.
    const isCountable = conditions.fn === undefined && conditions.ttl === undefined;
    const fits = isCountable
      ? await impact(
          session,
          cache,
          (meta) =>
            (tags.length === 0 || matches(meta.tags, tags, match)) &&
            (profile === undefined || meta.profile === profile),
        )
      : undefined;
    const { where } = await session.whole();
    const words = isAll
      ? "everything"
      : `what meets ${Object.keys(conditions)
          .filter((name) => name !== "match")
          .join(" and ")}`;
    const number = fits === undefined ? "" : ` (${fits}${isAll ? ", and its namespaces and scopes" : ""})`;
    await session.confirm(`Delete ${words} of cache ${cache.name} in ${where}${number}`);
    await cache.clear({ ...conditions, signal });
    if (output.json) await output.document({ cleared: true });
    output.note("cleared");
  },
});
