/**
 * The tables that all SQL backends share.
 *
 * Times are integer milliseconds since the epoch; an end that never comes is NULL. No column is declared with a
 * constraint on its type: a reader checks every row, since the file may have been changed by others.
 *
 * @module
 */

/** So many of its last rows the journal has at least; a sixteenth more at most. */
export const JOURNAL_ROWS = 16_384;

/**
 * Version 1.
 *
 * `entries` is a plain rowid table. Measured against WITHOUT ROWID with values of 300 bytes (Node 24, 100,000 keys in
 * random order): filling takes 12 µs per entry instead of 44, reading one is alike (8.0 against 8.1 µs); with 4,000 bytes
 * reading is 2.5 times as fast and with 50,000 bytes 6 times, as a row in the key's own tree leaves room for few keys in
 * a page. The value is the last column, so that metadata is read without following its overflow pages.
 *
 * `tagged` is the number of tags and lets a read of an untagged entry skip the other tables. `entry_tags` refers to
 * tags by an id that is never used again, so an entry whose tag has lost its record can never be taken for valid,
 * whatever records are made later. It repeats the entry's sequence, so that the entries which an invalidation
 * hit are one range of an index. The triggers keep it in step, also when rows are deleted by hand.
 *
 * `tags`: an entry with a lower sequence than `deleted` is a miss, with a lower one than `expired` stale. Up to the
 * invalidation `swept` all dead entries have been removed. `meta.floor` is the highest sequence of all tags whose
 * records were dropped: a new record begins there.
 *
 * `tag_rules` are invalidations by `all` or `exact` of several tags: entries are hit at once, the rule is for those
 * whose load had begun before and that are written later. `meta.rules_floor` does for it what `floor` does for tags.
 *
 * `leases`: who loads a key, until when. A row stays after its end until somebody takes, gives back or revokes the lease.
 *
 * `journal` tells what was changed by whom (`origin`), in rows that are numbered without gaps. The newest is never
 * dropped, so no number is used twice; AUTOINCREMENT would keep that too, for one more page to write per transaction.
 * Who deletes rows by hand leaves one that no reader knows, which means that anything may have changed.
 *
 * `access_log`, `eviction_log` and `profiles` have the columns of cachetronomy.
 */
const VERSION_1: readonly string[] = [
  `CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    schema_version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    rules_floor INTEGER NOT NULL
  )`,
  "INSERT INTO meta (id, schema_version, sequence, floor, rules_floor) VALUES (1, 0, 0, 0, 0)",
  `CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    created_at INTEGER,
    fresh_until INTEGER,
    stale_until INTEGER,
    sequence INTEGER,
    load_ms INTEGER,
    tagged INTEGER,
    fmt TEXT,
    version TEXT,
    saved_by_profile TEXT,
    data BLOB
  )`,
  "CREATE INDEX entries_by_end ON entries (stale_until) WHERE stale_until IS NOT NULL",
  `CREATE TABLE tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    deleted INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    swept INTEGER NOT NULL
  )`,
  "CREATE INDEX tags_to_sweep ON tags (id) WHERE deleted > swept",
  `CREATE TABLE entry_tags (
    entry INTEGER NOT NULL,
    tag INTEGER NOT NULL,
    sequence INTEGER,
    PRIMARY KEY (entry, tag)
  ) WITHOUT ROWID`,
  "CREATE INDEX entry_tags_by_tag ON entry_tags (tag, sequence)",
  `CREATE TRIGGER entries_deleted AFTER DELETE ON entries WHEN old.tagged IS NOT 0 BEGIN
    DELETE FROM entry_tags WHERE entry = old.id;
  END`,
  `CREATE TRIGGER entries_retagged AFTER UPDATE OF tagged ON entries WHEN old.tagged IS NOT 0 BEGIN
    DELETE FROM entry_tags WHERE entry = old.id;
  END`,
  `CREATE TABLE tag_rules (
    id INTEGER PRIMARY KEY,
    tags TEXT NOT NULL,
    size INTEGER NOT NULL,
    exact INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    UNIQUE (tags, exact)
  )`,
  "CREATE INDEX tag_rules_by_sequence ON tag_rules (max(deleted, expired))",
  `CREATE TABLE leases (
    key TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    origin INTEGER NOT NULL,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    match TEXT,
    mode TEXT,
    sequence INTEGER
  )`,
  `CREATE TRIGGER journal_bounded AFTER INSERT ON journal WHEN new.id % 1024 = 0 BEGIN
    DELETE FROM journal WHERE id <= new.id - ${JOURNAL_ROWS};
  END`,
  `CREATE TRIGGER journal_torn AFTER DELETE ON journal
    WHEN old.id > coalesce((SELECT max(id) FROM journal), 0) - ${JOURNAL_ROWS}
      AND (SELECT kind FROM journal ORDER BY id DESC LIMIT 1) IS NOT 'torn'
  BEGIN
    INSERT INTO journal (id, origin, kind, what)
      VALUES (max(old.id, coalesce((SELECT max(id) FROM journal), 0)) + 1, 0, 'torn', 'null');
  END`,
  `CREATE TABLE access_log (
    key TEXT PRIMARY KEY,
    access_count INTEGER NOT NULL,
    last_accessed INTEGER NOT NULL,
    last_accessed_by_profile TEXT
  )`,
  `CREATE TABLE eviction_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    evicted_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    last_access_count INTEGER,
    evicted_by_profile TEXT
  )`,
  `CREATE TABLE profiles (
    name TEXT PRIMARY KEY,
    time_to_live INTEGER,
    ttl_cleanup_interval INTEGER,
    memory_based_eviction INTEGER,
    free_memory_target REAL,
    memory_cleanup_interval INTEGER,
    max_items_in_memory INTEGER,
    tags TEXT
  )`,
];

/** `MIGRATIONS[n]` brings version n to n + 1. Never change one that was released: add another. */
export const MIGRATIONS: readonly (readonly string[])[] = [VERSION_1];

/** The version that this program reads and writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** Every table, to tell a database of ours from one that happens to use these names. */
export const TABLES: readonly string[] = [
  "meta",
  "entries",
  "tags",
  "entry_tags",
  "tag_rules",
  "leases",
  "journal",
  "access_log",
  "eviction_log",
  "profiles",
];
