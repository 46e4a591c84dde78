/**
 * Profiles for programs and people.
 *
 * @module
 */
import type { Profile, Profiles } from "../src/profiles/mod.ts";
import { usage } from "./failure.ts";
import type { Session } from "./session.ts";
import { duration } from "./units.ts";

/** The profiles in the store. @throws {Failure} where it cannot keep any */
export async function profilesOf(session: Session, mayCreate: boolean = false): Promise<Profiles> {
  const { cache } = await session.whole({ mayCreate });
  const store = await session.store();
  if (!store.profiles) throw usage(`Cannot use profiles as the store must be SQLite: received ${store.name}`);
  const { profiles } = await import("../src/profiles/mod.ts");
  const all = profiles(cache);
  await all.ready;
  return all;
}

/** The profile of a name, if there is one. */
export async function profileOf(all: Profiles, name: string): Promise<Profile | undefined> {
  return (await all.list()).find((one) => one.name === name);
}

/** For JSON: `null` never ends. */
export function profileDocument(profile: Profile): Record<string, unknown> {
  const finite = (ms: number): number | null => (Number.isFinite(ms) ? ms : null);
  const { name, ttl, sweepInterval, memoryPressure, freeMemoryTarget, memoryCheckInterval, maxEntries, tags } = profile;
  return {
    name,
    ttl: finite(ttl),
    sweepInterval: finite(sweepInterval),
    memoryPressure,
    freeMemoryTarget,
    memoryCheckInterval: finite(memoryCheckInterval),
    maxEntries: maxEntries ?? null,
    tags,
  };
}

/** Titles of {@linkcode profileRow}. */
export const PROFILE_HEAD = ["NAME", "TTL", "SWEEP", "MAX ENTRIES", "TAGS"];

/** For a table. */
export function profileRow({ name, ttl, sweepInterval, maxEntries, tags }: Profile): string[] {
  return [
    name,
    duration(ttl),
    sweepInterval === 0 ? "off" : duration(sweepInterval),
    maxEntries === undefined ? "" : String(maxEntries),
    tags.join(", "),
  ];
}
