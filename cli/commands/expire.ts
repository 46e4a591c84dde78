/** `tiercel expire`: makes entries stale, so that they are made anew, and served where that fails. */
import { touch } from "../any-version.ts";
import { command, TAGS } from "../command.ts";
import { EXIT, usage } from "../failure.ts";
import { impact, matches } from "../impact.ts";
import { keyOf } from "../keys.ts";
import { counted } from "../units.ts";

export default command({
  meta: {
    name: "expire",
    description: "Make entries stale: their grace may still serve them while they are made anew",
  },
  args: {
    key: { type: "positional", required: false, description: "Keys" },
    ...TAGS,
    match: {
      type: "enum",
      options: ["any", "all", "exact"],
      description: "With several tags: any of them (default), all, or exactly these",
    },
  },
  many: true,
  details:
    "With --scope alone, the scope and everything below it. By tag and scope it asks first. They are misses then, and getOrSet of a cache with grace or swr may serve them while it loads.",
  examples: ["tiercel expire user:42", "tiercel expire --tag users"],
  async does(session) {
    const { output, positionals, signal } = session;
    const tags = session.options("tag");
    const match = session.match();
    const { place } = session;
    if (positionals.length > 0 && tags.length > 0) throw usage("tiercel expire takes keys or --tag: received both");
    if (positionals.length === 0 && tags.length === 0 && !place)
      throw usage("tiercel expire must have keys, --tag or --scope: received none");
    const cache = await session.open();
    if (positionals.length > 0) {
      let expired = 0;
      for (const key of positionals.map(keyOf)) {
        const meta = await cache.meta(key);
        if (!meta) continue;
        const { tiers } = await cache.explain(key);
        const grace = tiers.find(({ tier }) => tier === meta.tier)?.grace ?? 0;
        // A millisecond from now it is stale, and its grace ends when it did.
        if (meta.stale || (await touch(cache, key, { ttl: 1, grace: Math.max(0, grace - 1) }))) expired++;
      }
      if (output.json) await output.document({ expired });
      output.note(`made ${counted(expired, "entry")} stale`);
      return expired > 0 ? EXIT.ok : EXIT.miss;
    }
    if (tags.length > 0) {
      await session.confirm(
        `Make ${await impact(session, cache, (meta) => matches(meta.tags, tags, match))} with ${match} of ${tags.join(", ")} stale`,
      );
      await cache.invalidateTags(tags, { match, mode: "expire", signal });
    } else {
      const { level, ids } = place!;
      await session.confirm(
        `Make ${await impact(session, cache, () => true)} of scope ${session.option("scope")}, and all below it, stale`,
      );
      await session
        .namespaced((await session.whole()).cache)
        .invalidateScope(level as never, ids as never, { mode: "expire", signal });
    }
    if (output.json) await output.document({ expired: true });
    output.note("made stale");
    return EXIT.ok;
  },
});
