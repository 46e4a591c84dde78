/**
 * A profile as JSON can have it.
 *
 * @module
 */
import type { Profile } from "./profile.ts";

/** JSON has no `Infinity`, and leaves out what is undefined. */
export function portable(profile: Profile): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(profile).map(([field, value]) => [field, value === Infinity ? "forever" : value]),
  );
}
