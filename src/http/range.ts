/**
 * Byte ranges (RFC 9110 section 14), and parts of responses (RFC 9111 section 3.4).
 *
 * @module
 */

/** Which bytes a response has, both ends included; `total` is `undefined` where it is not known. */
export interface Part {
  readonly first: number;
  readonly last: number;
  readonly total: number | undefined;
}

/** What a request asks for: from `first`, to `last` where it is there; with a `first` below 0, so many from the end. */
export interface Wanted {
  readonly first: number;
  readonly last: number | undefined;
}

const WANTED = /^bytes=\s*(\d*)-(\d*)\s*$/i;
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i;

/** One range of bytes; `undefined` for several, other units and what cannot be read: then all is sent. */
export function parseRange(value: string | null): Wanted | undefined {
  const match = value === null ? null : WANTED.exec(value);
  if (!match) return undefined;
  const [, first, last] = match as unknown as [string, string, string];
  if (first === "") return last === "" ? undefined : { first: -Number(last) || -0, last: undefined };
  const wanted = { first: Number(first), last: last === "" ? undefined : Number(last) };
  return wanted.last !== undefined && wanted.last < wanted.first ? undefined : wanted;
}

/** Content-Range of a part; `undefined` where it is absent or wrong. */
export function parseRangeOf(headers: Headers): Part | undefined {
  const match = CONTENT_RANGE.exec(headers.get("content-range") ?? "");
  if (!match) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  const total = match[3] === "*" ? undefined : Number(match[3]);
  return last < first || (total !== undefined && last >= total) ? undefined : { first, last, total };
}

/** The bytes of a whole of `size` that are wanted; `undefined` where there are none (416). */
export function resolveRange({ first, last }: Wanted, size: number): Part | undefined {
  const isSuffix = first < 0 || Object.is(first, -0);
  const start = isSuffix ? Math.max(0, size + first) : first;
  const end = Math.min(last ?? size - 1, size - 1);
  return start > end || Object.is(first, -0) ? undefined : { first: start, last: end, total: size };
}

/**
 * Where what is wanted lies in a part of `length` bytes, or `undefined` where the part does not have all of it. A range that counts from the
 * end is in a part that reaches the end.
 */
export function withinPart(
  wanted: Wanted,
  part: Part,
  length: number,
): (Part & { readonly offset: number }) | undefined {
  const { first, last, total } = part;
  if (wanted.first < 0) {
    const count = -wanted.first;
    if (total === undefined || last !== total - 1 || count > length) return undefined;
    return { first: total - count, last, total, offset: length - count };
  }
  const end = Math.min(wanted.last ?? Infinity, total === undefined ? Infinity : total - 1);
  if (wanted.first < first || end > last) return undefined;
  return { first: wanted.first, last: end, total, offset: wanted.first - first };
}

/** The value of Content-Range. */
export function contentRange({ first, last, total }: Part): string {
  return `bytes ${first}-${last}/${total ?? "*"}`;
}
