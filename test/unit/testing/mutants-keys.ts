import type { TestCase } from "../../contract/mod.ts";
import type { Breakage, Whole } from "./mutant.ts";
import { mutants } from "./mutant.ts";

/** A tier that keeps its keys in another form. */
const keyed =
  (form: (key: string) => string) =>
  ({ right }: Whole): Breakage => ({
    getMany: (keys, options) => right.getMany(keys.map(form), options),
    setMany: (writes, now) =>
      right.setMany(
        writes.map((write) => ({ ...write, key: form(write.key) })),
        now,
      ),
    deleteMany: (keys, now) => right.deleteMany(keys.map(form), now),
  });

/** A tier that clears what `selects`. */
const clearing =
  (selects: (key: string, prefix: string) => boolean) =>
  ({ data }: Whole): Breakage => ({
    clear(prefix) {
      for (const key of [...data.entries.keys()]) if (selects(key, prefix)) data.entries.delete(key);
    },
  });

/** A pattern in which the given signs have a meaning, as LIKE and GLOB have it, and everything else stands for itself. */
function pattern(prefix: string, signs: Record<string, string>, flags: string): RegExp {
  const body = [...prefix].map((sign) => signs[sign] ?? sign.replace(/[\\^$.*+?()[\]{}|]/, "\\$&")).join("");
  return new RegExp(`^${body}`, flags);
}

const TELLS_APART = "tells all keys apart: patterns, quotes, spaces, emoji, combining marks, 512 bytes";
const CLEARS = "clears every key with the prefix and no neighbour";
const PAGES = "lists every key, page by page";

export const tests: TestCase[] = mutants({
  "clears by LIKE": {
    caughtBy: CLEARS,
    breakage: clearing((key, prefix) => pattern(prefix, { "%": ".*", _: "." }, "ius").test(key)),
  },
  "clears by LIKE, by letter case": {
    caughtBy: CLEARS,
    breakage: clearing((key, prefix) => pattern(prefix, { "%": ".*", _: "." }, "us").test(key)),
  },
  "clears by a glob": {
    caughtBy: CLEARS,
    breakage: clearing((key, prefix) => pattern(prefix, { "*": ".*", "?": "." }, "us").test(key)),
  },
  "clears up to the prefix and the last code unit": {
    caughtBy: CLEARS,
    breakage: clearing((key, prefix) => key >= prefix && key < `${prefix}\uffff`),
  },
  "clears without regard to letter case": {
    caughtBy: CLEARS,
    breakage: clearing((key, prefix) => key.toLowerCase().startsWith(prefix.toLowerCase())),
  },
  "clears what contains the prefix": { caughtBy: CLEARS, breakage: clearing((key, prefix) => key.includes(prefix)) },
  "clears the exact key": { caughtBy: CLEARS, breakage: clearing((key, prefix) => key === prefix) },
  "clears all without a prefix only": { caughtBy: CLEARS, breakage: clearing((_key, prefix) => prefix === "") },
  "clears nothing without a prefix": {
    caughtBy: "clears everything with the empty prefix",
    breakage: clearing((key, prefix) => prefix !== "" && key.startsWith(prefix)),
  },
  "normalises keys": { caughtBy: TELLS_APART, breakage: keyed((key) => key.normalize("NFC")) },
  "ignores letter case in keys": { caughtBy: TELLS_APART, breakage: keyed((key) => key.toLowerCase()) },
  "trims keys": { caughtBy: TELLS_APART, breakage: keyed((key) => key.trim()) },
  "cuts keys": { caughtBy: TELLS_APART, breakage: keyed((key) => key.slice(0, 255)) },
  "resolves paths in keys": { caughtBy: TELLS_APART, breakage: keyed((key) => key.replace("../", "")) },
  "shows the first page alone": {
    caughtBy: PAGES,
    breakage: ({ right }) => ({ scan: (options) => ({ keys: right.scan(options).keys }) }),
  },
  "loses a key between pages": {
    caughtBy: PAGES,
    breakage: ({ right }) => ({
      scan(options) {
        const page = right.scan(options);
        return {
          ...page,
          cursor:
            page.cursor === undefined
              ? undefined
              : `${page.cursor.slice(0, -1)}${String.fromCharCode(page.cursor.charCodeAt(page.cursor.length - 1) + 1)}`,
        };
      },
    }),
  },
  "shows all keys of a remote store at once": {
    caughtBy: PAGES,
    breakage: ({ right }) => ({
      capabilities: { sync: true, keys: true },
      scan: (options) => right.scan({ ...options, limit: Infinity }),
    }),
  },
  "pages by offset": {
    caughtBy: "lists every key that stays while those of earlier pages are deleted",
    breakage: ({ right }) => ({
      scan({ cursor, limit, ...options }) {
        const { keys } = right.scan({ ...options, limit: Infinity });
        const start = Number(cursor ?? 0);
        return {
          keys: keys.slice(start, start + limit),
          cursor: start + limit < keys.length ? String(start + limit) : undefined,
        };
      },
    }),
  },
  "lists expired keys": {
    caughtBy: "lists and counts live entries only",
    breakage: ({ data }) => ({
      scan: ({ prefix }) => ({ keys: [...data.entries.keys()].filter((key) => key.startsWith(prefix)) }),
    }),
  },
  "counts expired keys": {
    caughtBy: "lists and counts live entries only",
    breakage: ({ data }) => ({ size: () => data.entries.size }),
  },
  "counts all keys whatever the prefix": {
    caughtBy: "lists and counts the keys with a prefix",
    breakage: ({ right }) => ({ size: (_prefix, now) => right.size("", now) }),
  },
});
