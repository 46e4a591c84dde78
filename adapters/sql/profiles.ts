/**
 * Profiles in the table of that name, whose columns are those of cachetronomy: times are seconds, free memory megabytes.
 *
 * @module
 */
import { checkProfile, checkTags } from "../../src/checks.ts";
import type { Profile, ProfileOptions, ProfileStore } from "../../src/profiles/profile.ts";
import type { Plan, Row, SqlValue } from "./driver.ts";

const COLUMNS = [
  "name",
  "time_to_live",
  "ttl_cleanup_interval",
  "memory_based_eviction",
  "free_memory_target",
  "memory_cleanup_interval",
  "max_items_in_memory",
  "tags",
];

const LOAD = `SELECT ${COLUMNS.join(", ")} FROM profiles ORDER BY name`;

const SAVE = `INSERT INTO profiles (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})
  ON CONFLICT (name) DO UPDATE SET ${COLUMNS.slice(1)
    .map((column) => `${column} = excluded.${column}`)
    .join(", ")}`;

const DELETE = "DELETE FROM profiles WHERE name = ?";

/** How a store of this process reads and writes. */
export interface ProfileAccess {
  read<T>(plan: Plan<T>): T;
  write<T>(plan: Plan<T>): Promise<T>;
}

/** The profiles of a database. */
export function sqlProfiles({ read, write }: ProfileAccess): ProfileStore {
  return {
    load: () => read({ steps: [{ sql: LOAD, args: [] }], finish: ([rows]) => rows!.flatMap(readProfile) }),
    save: (profile) => write({ steps: [{ sql: SAVE, args: cells(profile) }], finish: () => {} }),
    delete: (name) => write({ steps: [{ sql: DELETE, args: [name] }], finish: () => {} }),
  };
}

function cells(profile: Profile): SqlValue[] {
  const { name, ttl, sweepInterval, memoryPressure, freeMemoryTarget, memoryCheckInterval, maxEntries, tags } = profile;
  return [
    name,
    toSeconds(ttl),
    toSeconds(sweepInterval),
    memoryPressure ? 1 : 0,
    freeMemoryTarget,
    toSeconds(memoryCheckInterval),
    maxEntries ?? null,
    JSON.stringify(tags),
  ];
}

/** NULL never ends. */
function toSeconds(ms: number): number | null {
  return ms === Infinity ? null : ms / 1_000;
}

/** A row may have been changed by others: what makes no sense has its default, and without a name there is no profile. */
function readProfile([name, ttl, sweep, pressure, free, check, most, tags]: Row): ProfileOptions[] {
  return isFine(() => checkProfile(name))
    ? [
        {
          name: name as string,
          ttl: toMs(ttl),
          sweepInterval: toMs(sweep),
          memoryPressure: pressure === 0 ? false : undefined,
          freeMemoryTarget: isAmount(free) ? free : undefined,
          memoryCheckInterval: toMs(check),
          maxEntries: isAmount(most) && Number.isSafeInteger(most) && most > 0 ? most : undefined,
          tags: readTags(tags),
        },
      ]
    : [];
}

function toMs(cell: unknown): number | undefined {
  if (cell === null) return Infinity;
  return isAmount(cell) ? Math.round(cell * 1_000) : undefined;
}

function isAmount(cell: unknown): cell is number {
  return typeof cell === "number" && cell >= 0 && cell <= Number.MAX_SAFE_INTEGER;
}

function readTags(cell: unknown): string[] | undefined {
  let tags: unknown;
  const isWhole = isFine(() => {
    tags = JSON.parse(String(cell));
    checkTags(tags);
  });
  return isWhole ? (tags as string[]) : undefined;
}

function isFine(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
