import type { Cache, ClearOptions, Disabled, Settings } from "../../mod.ts";
import { createCache } from "../../mod.ts";
import { type Profile, type Profiles, profiles } from "../../src/profiles/mod.ts";
import { registry } from "../../src/registry.ts";
import { claim, type Same } from "./exact.ts";

const cache = createCache({ tags: ["app"], profile: "day" });

// Settings.
cache.configure({ ttl: "5m", tags: undefined, maxEntries: 5, maxBytes: 5, codec: "json", lease: false });
const patch: Settings = { grace: undefined };
cache.namespace("n").configure(patch);
// @ts-expect-error the name stays
cache.configure({ name: "b" });
// @ts-expect-error and so does the prefix
cache.configure({ prefix: "b" });
// @ts-expect-error and the clock
cache.configure({ clock: undefined });
// @ts-expect-error there is no such setting
cache.configure({ expires: 5 });
// @ts-expect-error tags are an array
cache.configure({ tags: "t" });

// Switching off.
{
  const off = cache.disable();
  claim<Same<typeof off, Disabled>>();
  cache.disable({ tags: "t" }).enable();
  cache.enable({ tags: ["t"] });
  const isDisabled = cache.isDisabled;
  claim<Same<typeof isDisabled, boolean>>();
  const all = registry.disable();
  claim<Same<typeof all, Disabled>>();
  // @ts-expect-error a tag is text
  cache.disable({ tags: [5] });
  // @ts-expect-error it is no method
  cache.isDisabled();
}

// Clearing.
{
  const cleared = await cache.clear({ tier: "memory", tags: ["t"], match: "all", profile: "day", fn: "f", ttl: "5m" });
  claim<Same<typeof cleared, void>>();
  cache.sync.clear({ profile: "day" } satisfies ClearOptions);
  // @ts-expect-error any, all or exact
  cache.clear({ tags: "t", match: "some" });
  // @ts-expect-error there is no such condition
  cache.clear({ key: "k" });
}

// Profiles.
{
  const all = profiles(cache as unknown as Cache);
  claim<Same<typeof all, Profiles>>();
  profiles(cache, { default: { name: "day", ttl: "5m" } });
  const used = await all.use("a");
  claim<Same<typeof used, Profile>>();
  const names = await all.import(await all.export());
  claim<Same<typeof names, string[]>>();
  // @ts-expect-error a profile has a name
  all.save({ ttl: 5 });
  // @ts-expect-error what is in force is not changed by hand
  all.current.ttl = 5;
}
