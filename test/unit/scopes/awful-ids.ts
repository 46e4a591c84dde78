import { seededRandom } from "../../contract/mod.ts";

/** What ids may be made of that means something to a key, a pattern, a path, a store or a language. */
const PIECES: readonly string[] = [
  ..."/:%*\\.=@#?[]{}~!'()-_+&;,|<>\"`^$ \t\n\r\0\x7f",
  ..."aAzZ09éßİıſK",
  "..",
  "../",
  "\\#",
  "%00",
  "%25",
  "%2F",
  "%3A",
  "%e2%82%ac",
  "@user=",
  ":@user=1:",
  "@organization=",
  "organization=",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "undefined",
  "true",
  "NaN",
  "-0",
  "0x10",
  "1e3",
  "😀",
  "👩‍🚀",
  "e\u0301",
  "\u00e9",
  "\u212b",
  "\u00c5",
  "A\u030a",
  "ﬁ",
  "fi",
  "\u200b",
  "\u202e",
  "\ufeff",
  "\uffff",
  "\u2028",
  "x".repeat(64),
  "x".repeat(65),
  "é".repeat(64),
];

/** Distinct ids, the first ones by design and the others by chance, always the same. */
export function awfulIds(count: number): string[] {
  const ids = new Set(PIECES);
  for (const id of PIECES) {
    ids.add(encodeURIComponent(id));
    ids.add(encodeURIComponent(encodeURIComponent(id)));
    ids.add(id.repeat(2));
    ids.add(`${id}\0`);
    ids.add(id.normalize("NFD"));
    ids.add(id.toUpperCase());
  }
  // Lengths about those at which something changes, and ones that look like what stands for a long one.
  for (const length of [20, 21, 22, 63, 64, 65, 66, 500, 512, 5_000, 50_000])
    for (const end of ["", "a", "b", "\0", "€"]) ids.add(`${"i".repeat(length - end.length)}${end}`);
  for (const id of [...ids].slice(0, 200)) ids.add(`#${btoa(encodeURIComponent(id)).slice(0, 43)}`);
  const random = seededRandom(7);
  const short = PIECES.filter(({ length }) => length < 20);
  while (ids.size < count) {
    let id = "";
    for (let length = 1 + Math.floor(random() ** 2 * 9); length > 0; length--)
      id += short[Math.floor(random() * short.length)]!;
    ids.add(id);
  }
  return [...ids].slice(0, count);
}
