/**
 * Tags: writing tagged entries and invalidating them.
 *
 * An invalidation by `any` only raises numbers: its cost does not depend on how many entries it hits. They are misses
 * from then on, and `prune` removes their rows.
 *
 * @module
 */
import type { TagInvalidation, Write } from "../../src/tier.ts";
import type { Plan, Step } from "./driver.ts";
import { writeEntry } from "./entry-row.ts";
import { sequenceOf } from "./reads.ts";

/**
 * Makes the records that are missing; they begin at `floor`, above all that was ever dropped. A tag that counts as
 * invalidated after the entry's load began gets a dead entry, so it is to be swept (again).
 */
const MAKE_TAGS = `INSERT INTO tags (name, deleted, expired, swept)
  SELECT k.value, m.floor, 0, CASE WHEN ? < m.floor THEN 0 ELSE m.floor END FROM json_each(?) k, meta m WHERE true
  ON CONFLICT (name) DO UPDATE SET swept = 0 WHERE deleted > ?`;
const MAKE_TAGS_LEASED = MAKE_TAGS.replace(
  "WHERE true",
  "WHERE EXISTS (SELECT 1 FROM leases WHERE key = ? AND token = ?)",
);

/** The old rows are gone: the trigger on `entries` deletes them whenever an entry is written. */
const LINK_TAGS = `INSERT INTO entry_tags (entry, tag, sequence)
  SELECT e.id, t.id, e.sequence FROM entries e, tags t WHERE e.key = ? AND t.name IN (SELECT value FROM json_each(?))`;
const LINK_TAGS_LEASED = `${LINK_TAGS} AND EXISTS (SELECT 1 FROM leases WHERE key = e.key AND token = ?)`;

/** Rule `r` concerns entry `entries`. */
const CONCERNS = `(r.exact = 0 OR r.size = entries.tagged) AND r.size = (
    SELECT count(*) FROM json_each(r.tags) k JOIN tags t ON t.name = k.value
    JOIN entry_tags x ON x.tag = t.id AND x.entry = entries.id
  )`;

/**
 * What was loaded before an invalidation by `all` or `exact` and comes later is hit now. `+` takes the type off the
 * column, as the index of an expression has none.
 */
const APPLY_RULES = `UPDATE entries SET fresh_until = 0, stale_until = CASE
    WHEN sequence < (SELECT rules_floor FROM meta)
      OR EXISTS (SELECT 1 FROM tag_rules r WHERE r.deleted > entries.sequence AND ${CONCERNS}) THEN 0
    ELSE stale_until END
  WHERE key = ? AND (sequence < (SELECT rules_floor FROM meta)
    OR EXISTS (SELECT 1 FROM tag_rules r WHERE max(r.deleted, r.expired) > +entries.sequence AND ${CONCERNS}))`;
const APPLY_RULES_LEASED = `${APPLY_RULES} AND EXISTS (SELECT 1 FROM leases WHERE key = entries.key AND token = ?)`;

/**
 * The statements that write an entry with tags, of which none comes twice.
 *
 * @param lease they do nothing unless the key has this one
 */
export function tagEntry(write: Write<Uint8Array>, tags: readonly string[], lease?: number): Step[] {
  const { key, entry } = write;
  const list = JSON.stringify(tags);
  const sequence = entry.sequence ?? null;
  // Without a sequence it is written under the current one, which no rule is above.
  const isLate = entry.sequence !== undefined;
  if (lease === undefined) {
    return [
      { sql: MAKE_TAGS, args: [sequence, list, sequence] },
      writeEntry(write, tags.length),
      { sql: LINK_TAGS, args: [key, list] },
      ...(isLate ? [{ sql: APPLY_RULES, args: [key] }] : []),
    ];
  }
  return [
    { sql: MAKE_TAGS_LEASED, args: [sequence, list, key, lease, sequence] },
    writeEntry(write, tags.length, lease),
    { sql: LINK_TAGS_LEASED, args: [key, list, lease] },
    ...(isLate ? [{ sql: APPLY_RULES_LEASED, args: [key, lease] }] : []),
  ];
}

const BUMP = "UPDATE meta SET sequence = max(sequence + 1, ?, ?) RETURNING sequence";
const DELETE_ANY = `INSERT INTO tags (name, deleted, expired, swept)
  SELECT k.value, m.sequence, 0, 0 FROM json_each(?) k, meta m WHERE true
  ON CONFLICT (name) DO UPDATE SET deleted = excluded.deleted`;
const EXPIRE_ANY = `INSERT INTO tags (name, deleted, expired, swept)
  SELECT k.value, m.floor, m.sequence, m.floor FROM json_each(?) k, meta m WHERE true
  ON CONFLICT (name) DO UPDATE SET expired = excluded.expired`;

/** Ids of entries that have all of the tags, and when `?` is not 0 no other. */
const HAVING_ALL = `(SELECT x.entry FROM tags t CROSS JOIN entry_tags x ON x.tag = t.id CROSS JOIN entries e ON e.id = x.entry
    WHERE t.name IN (SELECT value FROM json_each(?)) AND (? = 0 OR e.tagged = ?)
    GROUP BY x.entry HAVING count(*) = ?)`;
const DELETE_ALL = `DELETE FROM entries WHERE id IN ${HAVING_ALL}`;
const EXPIRE_ALL = `UPDATE entries SET fresh_until = 0 WHERE id IN ${HAVING_ALL}`;
const REMEMBER = `INSERT INTO tag_rules (tags, size, exact, deleted, expired)
  SELECT ?, ?, ?, CASE ? WHEN 'delete' THEN sequence ELSE 0 END, CASE ? WHEN 'expire' THEN sequence ELSE 0 END FROM meta WHERE true
  ON CONFLICT (tags, exact) DO UPDATE SET deleted = max(deleted, excluded.deleted), expired = max(expired, excluded.expired)`;

/** Most rules kept. A tagged entry that was loaded before one that was dropped is refused when it comes. */
const MOST_RULES = 1_000;
const SURPLUS = `(SELECT id FROM tag_rules ORDER BY max(deleted, expired) DESC LIMIT -1 OFFSET ${MOST_RULES})`;
const RAISE_RULES_FLOOR = `UPDATE meta SET rules_floor = max(rules_floor,
  coalesce((SELECT max(max(deleted, expired)) FROM tag_rules WHERE id IN ${SURPLUS}), 0))`;
const DROP_RULES = `DELETE FROM tag_rules WHERE id IN ${SURPLUS}`;

/** Invalidates by tags; answers with the new sequence. */
export function invalidatePlan({ tags, match, mode, now, after }: TagInvalidation): Plan<number> {
  const names = [...new Set(tags)].sort();
  const list = JSON.stringify(names);
  const steps: Step[] = [{ sql: BUMP, args: [now, after + 1] }];
  if (match === "any" || (match === "all" && names.length === 1)) {
    steps.push({ sql: mode === "delete" ? DELETE_ANY : EXPIRE_ANY, args: [list] });
  } else if (names.length > 0) {
    const exact = match === "exact" ? 1 : 0;
    steps.push(
      { sql: mode === "delete" ? DELETE_ALL : EXPIRE_ALL, args: [list, exact, names.length, names.length] },
      { sql: REMEMBER, args: [list, names.length, exact, mode, mode] },
      { sql: RAISE_RULES_FLOOR, args: [] },
      { sql: DROP_RULES, args: [] },
    );
  }
  return {
    steps,
    bumps: true,
    changes: (sequence) => ({ by: "tags", tags: names, match, mode, sequence }),
    finish: ([rows]) => sequenceOf(rows),
  };
}
