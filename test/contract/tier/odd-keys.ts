/**
 * Keys and prefixes that stores are known to mix up.
 *
 * @module
 */

// Each group holds neighbours that some store mixes up: patterns of LIKE and GLOB, letter case, Unicode normal forms,
// the order of UTF-16 against that of UTF-8 (U+FFFF and astral characters), the code points beside the surrogates.
const LETTERS = [
  "a",
  "A",
  "á",
  "a\u0301",
  "å",
  "\u212b",
  "ß",
  "ss",
  "İ",
  "i",
  "ﬁ",
  "fi",
  "b",
  "aa",
  "ab",
  "a b",
  "a  b",
];
const MARKS = [
  "a:",
  "a:1",
  "a;",
  "a9",
  "a/",
  "a0",
  "%",
  "_",
  "*",
  "?",
  "[",
  "]",
  "[a]",
  "{",
  "}",
  "\\",
  "^",
  "$",
  "|",
  "~",
  "!",
  "-",
  "+",
];
const QUOTES = [
  "'",
  '"',
  "`",
  "''",
  "' OR 1=1 --",
  "{{x}}",
  "<b>",
  "&amp;",
  "#",
  "=",
  "@",
  ",",
  ".",
  "..",
  "../a",
  "/",
];
const SPACES = [" ", "  ", " a", "a ", "\t", "\n", "\r\n", "\u00a0", "\u200b", "\u2028", "\ufeff", "\u0001", "\u007f"];
const EDGES = [
  "\ud7ff",
  "\ue000",
  "\uffff",
  "\u{10000}",
  "😀",
  "😁",
  "👩‍👩‍👧",
  "🏳️‍🌈",
  "\u{10fffe}",
  "\u{10ffff}",
  "\u{10ffff}\u{10ffff}",
];
const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "length",
  "null",
  "undefined",
  "NaN",
  "0",
  "00",
  "1e3",
  "-1",
  "true",
];
/** Keys that some store takes for another. */
export const ODD: readonly string[] = [...LETTERS, ...MARKS, ...QUOTES, ...SPACES, ...EDGES, ...NAMES];

/** Prefixes to clear and to list by. */
export const PREFIXES: readonly string[] = [
  "a",
  "A",
  "a:",
  "a;",
  "%",
  "_",
  "*",
  "?",
  "[",
  "[a",
  "\\",
  "^",
  "'",
  '"',
  " ",
  "á",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "😀",
  "\u{10fffe}",
  "\u{10ffff}",
  "a%",
  "a_",
  "__",
  "zz",
];

/** Keys to clear among: all the odd ones, and each prefix with something after it. */
export const NEIGHBOURS: readonly string[] = [
  ...new Set([
    ...ODD,
    ...PREFIXES,
    ...PREFIXES.flatMap((prefix) => [`${prefix}x`, `${prefix}\u{10ffff}`, `${prefix}\uffff\uffff`, `x${prefix}`]),
  ]),
];
