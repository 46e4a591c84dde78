import { controlOf, explicitAge, needsValidation, parseTargeted, withheldFields } from "../../../src/http/control.ts";
import { deltaSeconds, parseDate, parseDirectives, splitList } from "../../../src/http/fields.ts";
import { ageOf, initialAge } from "../../../src/http/freshness.ts";
import { parseRange, parseRangeOf, resolveRange, withinPart } from "../../../src/http/range.ts";
import { requestControl } from "../../../src/http/request-control.ts";
import { tagsOf } from "../../../src/http/tags.ts";
import { selectionOf, varyOf } from "../../../src/http/vary.ts";
import { equal, ok, same, suite, type TestCase } from "../../contract/mod.ts";

const NOW = Date.UTC(2026, 10, 21);

function directives(value: string): unknown {
  return [...parseDirectives(value)];
}

function selection(name: string, value: string, isStrict = false): string {
  return selectionOf(new Headers({ [name]: value }), [name], isStrict);
}

export const tests: TestCase[] = suite("http fields", {
  "splits lists outside of quoted strings": () => {
    equal(splitList(' a, "b, c" ,, d="e\\",f",'), ["a", '"b, c"', 'd="e\\",f"']);
    equal(splitList('"open, a'), ['"open, a']);
  },
  "reads directives whatever their case, quoted or not": () => {
    equal(directives('MaX-aGe="60", No-Cache, private="A, b"'), [
      ["max-age", "60"],
      ["no-cache", true],
      ["private", "A, b"],
    ]);
  },
  "does not find directives in quoted strings": () => {
    equal(directives('x="max-age=60, no-store"'), [["x", "max-age=60, no-store"]]);
  },
  "does not overlook a directive that has something behind it": () => {
    ok(parseDirectives("no-store; x").has("no-store"));
    same(parseDirectives("max-age =60").get("max-age"), true);
  },
  "of two lifetimes takes the shorter, and what is no number for none": () => {
    same(parseDirectives("max-age=60, max-age=5").get("max-age"), "5");
    same(parseDirectives("max-age=5, max-age=60").get("max-age"), "5");
    for (const wrong of ["-1", "1.5", "1e3", "", "'60'", "60a", "0x10"])
      same(explicitAge(controlOf(new Headers({ "cache-control": `max-age=${wrong}` }), []), true), 0, wrong);
    same(deltaSeconds("99999999999"), 2_147_483_648);
  },
  "prefers s-maxage in a shared cache alone": () => {
    const control = controlOf(new Headers({ "cache-control": "s-maxage=9, max-age=5" }), []);
    equal([explicitAge(control, true), explicitAge(control, false)], [9, 5]);
  },
  "takes a targeted field in the place of Cache-Control, where it is valid": () => {
    const headers = new Headers({ "cache-control": "no-store", "cdn-cache-control": "max-age=60" });
    same(explicitAge(controlOf(headers, ["cdn-cache-control"]), true), 60);
    for (const wrong of ["max-age=60;;", 'max-age="60"', "Max-Age=60", "max-age =60", ""]) {
      headers.set("cdn-cache-control", wrong);
      ok(!controlOf(headers, ["cdn-cache-control"]).isTargeted, wrong);
    }
    equal([...parseTargeted("no-store=?0, no-cache")!], [["no-cache", true]]);
  },
  "knows no-cache of all from that of some fields": () => {
    const all = controlOf(new Headers({ "cache-control": "no-cache" }), []);
    const some = controlOf(new Headers({ "cache-control": 'no-cache="X-A, x-b", private=c' }), []);
    equal([needsValidation(all), needsValidation(some)], [true, false]);
    equal(
      [withheldFields(some, true), withheldFields(some, false)],
      [
        ["x-a", "x-b", "c"],
        ["x-a", "x-b"],
      ],
    );
  },
  "reads the three formats of dates, and nothing else": () => {
    const time = Date.UTC(1994, 10, 6, 8, 49, 37);
    for (const date of [
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "sun, 06 nov 1994 08:49:37 gmt",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ])
      same(parseDate(date, NOW), time, date);
    for (const wrong of [
      "0",
      "",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 94 08:49:37 GMT",
      "Sun, 31 Feb 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06-Nov-1994 08:49:37 GMT",
      "1994-11-06T08:49:37Z",
    ])
      same(parseDate(wrong, NOW), undefined, wrong);
    same(new Date(parseDate("Sunday, 06-Nov-76 08:49:37 GMT", NOW)!).getUTCFullYear(), 2076);
    same(new Date(parseDate("Sunday, 06-Nov-77 08:49:37 GMT", NOW)!).getUTCFullYear(), 1977);
  },
  "takes the first number of Age, and ignores what is none": () => {
    equal(
      ["7, 9", "x", "-1", "1.5", ""].map((value) => ageOf(value)),
      [7_000, 0, 0, 0, 0],
    );
    const headers = new Headers({ date: new Date(NOW - 30_000).toUTCString(), age: "10" });
    same(initialAge(headers, { requestTime: NOW - 5_000, responseTime: NOW }), 30_000);
    headers.set("age", "40");
    same(initialAge(headers, { requestTime: NOW - 5_000, responseTime: NOW }), 45_000);
  },
  "reads what a request asks": () => {
    const asked = requestControl(new Headers({ "cache-control": "max-age=5, max-stale, min-fresh=x, only-if-cached" }));
    equal([asked.maxAge, asked.maxStale, asked.minFresh, asked.onlyIfCached], [5_000, Infinity, 0, true]);
    equal(requestControl(new Headers(), "no-store").noStore, true);
  },
  "reads one range of bytes": () => {
    equal(parseRange("bytes=2-4"), { first: 2, last: 4 });
    equal(parseRange("bytes=2-"), { first: 2, last: undefined });
    equal(parseRange("bytes=-2"), { first: -2, last: undefined });
    for (const wrong of ["bytes=4-2", "bytes=-", "bytes=1-2,4-5", "items=1-2", "bytes=a-b", ""])
      same(parseRange(wrong), undefined, wrong);
  },
  "resolves ranges against a size": () => {
    equal(resolveRange({ first: 2, last: undefined }, 10), { first: 2, last: 9, total: 10 });
    equal(resolveRange({ first: -3, last: undefined }, 10), { first: 7, last: 9, total: 10 });
    equal(resolveRange({ first: -30, last: undefined }, 10), { first: 0, last: 9, total: 10 });
    same(resolveRange({ first: 10, last: 12 }, 10), undefined);
    same(resolveRange(parseRange("bytes=-0")!, 10), undefined);
    same(resolveRange({ first: 0, last: undefined }, 0), undefined);
  },
  "finds ranges in parts": () => {
    const part = parseRangeOf(new Headers({ "content-range": "bytes 10-19/40" }))!;
    equal(part, { first: 10, last: 19, total: 40 });
    equal(withinPart({ first: 12, last: 15 }, part, 10), { first: 12, last: 15, total: 40, offset: 2 });
    same(withinPart({ first: 12, last: 20 }, part, 10), undefined);
    same(withinPart({ first: -5, last: undefined }, part, 10), undefined);
    for (const wrong of ["bytes 19-10/40", "bytes 10-40/40", "bytes */40", "10-19/40"])
      same(parseRangeOf(new Headers({ "content-range": wrong })), undefined, wrong);
  },
  "sorts the names of Vary, and knows the star among others": () => {
    equal(varyOf(new Headers({ vary: "B, a,B" })), ["a", "b"]);
    for (const star of ["*", "a, *", ", *", "*, *"]) same(varyOf(new Headers({ vary: star })), "*");
  },
  "takes values of Vary for the same where they mean the same": () => {
    same(selection("accept-encoding", "gzip, br;q=0.5"), selection("accept-encoding", "BR, gzip,x;q=0"));
    same(selection("accept-language", "en, de"), selection("accept-language", "EN,de"));
    same(selection("accept-language", "en, de;q=0.5"), selection("accept-language", "de;q=0.5,en"));
    // Which of two that are liked the same is taken, servers decide by their order.
    ok(selection("accept-language", "en, de") !== selection("accept-language", "de, en"));
    same(selection("accept-language", "en, de", true), selection("accept-language", "de, en", true));
    same(selection("accept", "Text/HTML;Level=1"), selection("accept", "text/html; level=1"));
    for (const [left, right] of [
      ['a/b;profile="A"', 'a/b;profile="a"'],
      ['a/b;x="c;q=0.5;d"', 'a/b;x="c;d";q=0.5'],
    ] as const)
      ok(selection("accept", left) !== selection("accept", right), left);
    ok(selection("accept-language", "en, de;q=0.5") !== selection("accept-language", "de, en;q=0.5"));
    // What servers read differently means nothing for sure.
    for (const odd of ["", "0x0", "-0", ".0", "0e1", "00", "0.0000", "1.1", "a"]) {
      ok(selection("accept-encoding", `identity, gzip;q=${odd}`) !== selection("accept-encoding", "identity"), odd);
      ok(
        selection("accept-encoding", `identity, gzip;q=${odd}`) !== selection("accept-encoding", "identity, gzip"),
        odd,
      );
      ok(selection("accept-language", `en, de;q=${odd}`) !== selection("accept-language", "en, de"), odd);
    }
    same(selection("foo", "1, 2"), selection("foo", "1,2"));
    ok(selection("foo", "1 2") !== selection("foo", "12"));
    ok(selection("foo", "A") !== selection("foo", "a"));
    ok(
      selectionOf(new Headers({ a: "1" }), ["a", "b"], false) !==
        selectionOf(new Headers({ b: "1" }), ["a", "b"], false),
    );
    ok(selectionOf(new Headers({ a: "" }), ["a"], false) !== selectionOf(new Headers(), ["a"], false));
  },
  "takes tags from both fields": () => {
    equal(tagsOf(new Headers({ "cache-tag": "a, b c,,a", "surrogate-key": "d  e a" })), ["a", "b c", "d", "e"]);
  },
  "does not overlook what comes after a quote that is left open": () => {
    ok(parseDirectives('max-age=60, x="a, no-store').has("no-store"));
    ok(parseDirectives('max-age=60, private="a, no-cache').has("private"));
  },
});
