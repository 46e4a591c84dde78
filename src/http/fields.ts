/**
 * Field values: lists, directives and dates as RFC 9110 writes them.
 *
 * @module
 */

/** Directives by their name in lower case; `true` where one has no argument. */
export type Directives = ReadonlyMap<string, string | true>;

const NO_DIRECTIVES: Directives = /* @__PURE__ */ new Map();

/** Members of a list, trimmed, without empty ones. A separator within a quoted string is none (RFC 9110 section 5.6.1). */
export function splitList(value: string, separator: "," | ";" = ","): string[] {
  if (!value.includes('"')) {
    return value
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== "");
  }
  const parts: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at <= value.length; at++) {
    const char = value[at];
    if (isQuoted && char === "\\") at++;
    else if (char === '"') isQuoted = !isQuoted;
    if (at >= value.length || (char === separator && !isQuoted)) {
      const part = value.slice(start, at).trim();
      if (part !== "") parts.push(part);
      start = at + 1;
    }
  }
  return parts;
}

/** Whether a field can have this name (RFC 9110 section 5.1). */
export function isFieldName(name: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name);
}

/** A token, and an argument that is a token or a quoted string, without space around `=` (RFC 9111 section 5.2). */
const DIRECTIVE = /^([^\s=",;]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?$/s;

/**
 * Reads Cache-Control. What is no directive counts as one without an argument, so that `no-store; x` is not overlooked. Of two of a
 * name the first counts, save that a second freshness lifetime which is shorter does (RFC 9111 section 4.2.1).
 */
export function parseDirectives(value: string | null): Directives {
  if (value === null) return NO_DIRECTIVES;
  const directives = new Map<string, string | true>();
  // Of what is not written as it should be, such as a quoted string without an end, every piece may be a directive.
  const parts = splitList(value).flatMap((part) => (DIRECTIVE.test(part) ? part : part.split(",")));
  for (const part of parts.map((one) => one.trim())) {
    const match = DIRECTIVE.exec(part);
    const name = (match?.[1] ?? part.split(/[\s=;]/, 1)[0]!).toLowerCase();
    const argument = match?.[2]?.replace(/\\(.)/gs, "$1") ?? match?.[3] ?? true;
    const before = directives.get(name);
    if (before === undefined || isShorter(name, argument, before)) directives.set(name, argument);
  }
  return directives;
}

function isShorter(name: string, argument: string | true, before: string | true): boolean {
  return name.endsWith("age") && (deltaSeconds(argument) ?? 0) < (deltaSeconds(before) ?? 0);
}

/** 2^31, what a larger number of seconds counts as (RFC 9111 section 1.2.2). */
const MOST_SECONDS = 2_147_483_648;

/** A number of seconds; `undefined` for what is none. */
export function deltaSeconds(argument: string | true | undefined): number | undefined {
  return typeof argument === "string" && /^\d+$/.test(argument) ? Math.min(Number(argument), MOST_SECONDS) : undefined;
}

/** Field names in the argument of `no-cache` or `private`, in lower case. */
export function fieldNames(argument: string | true | undefined): readonly string[] {
  return typeof argument === "string" ? splitList(argument).map((name) => name.toLowerCase()) : [];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const FIXDATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/i;
const RFC850 = /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-(\w{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/i;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\w{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i;

/**
 * Milliseconds since the epoch of a date in one of the three formats (RFC 9110 section 5.6.7), in whatever case; `undefined` for anything else.
 *
 * @param now tells the century of a year of two digits: none is more than 50 years ahead
 */
export function parseDate(value: string | null | undefined, now: number): number | undefined {
  if (!value) return undefined;
  const long = FIXDATE.exec(value);
  if (long) return utc(long[3]!, long[2]!, long[1]!, long[4]!, long[5]!, long[6]!);
  const short = RFC850.exec(value);
  if (short) {
    const thisYear = new Date(now).getUTCFullYear();
    const year = thisYear - (thisYear % 100) + Number(short[3]);
    return utc(String(year > thisYear + 50 ? year - 100 : year), short[2]!, short[1]!, short[4]!, short[5]!, short[6]!);
  }
  const ansi = ASCTIME.exec(value);
  return ansi ? utc(ansi[6]!, ansi[1]!, ansi[2]!, ansi[3]!, ansi[4]!, ansi[5]!) : undefined;
}

function utc(
  year: string,
  name: string,
  day: string,
  hour: string,
  minute: string,
  second: string,
): number | undefined {
  const month = MONTHS.indexOf(name.toLowerCase());
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const date = Date.UTC(Number(year), month, Number(day), hours, minutes, seconds);
  // The 31st of a month of 30 days would be the first of the next.
  return Number(day) > 0 && new Date(date - seconds * 1000).getUTCDate() === Number(day) ? date : undefined;
}
