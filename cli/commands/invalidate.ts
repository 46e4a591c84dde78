/** `tiercel invalidate`: what has tags, a pattern, a scope or a profile is a miss from now on. */
import { command, TAGS } from "../command.ts";
import { usage } from "../failure.ts";
import { impact, matches } from "../impact.ts";
import { counted } from "../units.ts";

export default command({
  meta: { name: "invalidate", description: "Make entries misses: by tag, pattern, profile, or a whole scope" },
  args: {
    ...TAGS,
    match: {
      type: "enum",
      options: ["any", "all", "exact"],
      description: "With several tags: any of them (default), all, or exactly these",
    },
    pattern: { type: "string", alias: "p", valueHint: "glob", description: "Keys that match" },
    profile: { type: "string", valueHint: "name", description: "Entries that were written under this profile" },
  },
  details: "With --scope alone, the scope and everything below it. Asks first, and tells how many entries there are.",
  examples: [
    "tiercel invalidate --tag users --tag teams --match all",
    "tiercel invalidate --pattern 'user:*' --yes",
    "tiercel invalidate --scope org=acme",
  ],
  async does(session) {
    const { output, signal } = session;
    const tags = session.options("tag");
    const pattern = session.option("pattern");
    const profile = session.option("profile");
    const match = session.match();
    const kinds = [tags.length > 0, pattern !== undefined, profile !== undefined].filter(Boolean).length;
    if (kinds > 1)
      throw usage(
        "tiercel invalidate takes one of --tag, --pattern and --profile: received several",
        "tiercel clear combines conditions",
      );
    const { place } = session;
    if (kinds === 0 && !place)
      throw usage("tiercel invalidate must have --tag, --pattern, --profile or --scope: received none");
    const cache = await session.open();
    let removed: number | undefined;
    if (tags.length > 0) {
      await session.confirm(
        `Invalidate ${await impact(session, cache, (meta) => matches(meta.tags, tags, match))} with ${match} of ${counted(tags.length, "tag")} (${tags.join(", ")})`,
      );
      await cache.invalidateTags(tags, { match, signal });
    } else if (pattern !== undefined) {
      await session.confirm(`Delete ${await impact(session, cache, () => true, pattern)} whose keys match ${pattern}`);
      removed = await cache.invalidatePattern(pattern, { signal });
    } else if (profile !== undefined) {
      await session.confirm(
        `Delete ${await impact(session, cache, (meta) => meta.profile === profile)} of profile ${profile}`,
      );
      await cache.clear({ profile, signal });
    } else {
      const { level, ids } = place!;
      const here = await impact(session, cache, () => true);
      await session.confirm(`Invalidate ${here} of scope ${session.option("scope")}, and all below it`);
      await session.namespaced((await session.whole()).cache).invalidateScope(level as never, ids as never, { signal });
    }
    if (output.json) await output.document({ invalidated: true, ...(removed !== undefined && { count: removed }) });
    output.note(removed === undefined ? "invalidated" : `deleted ${counted(removed, "key")}`);
  },
});
