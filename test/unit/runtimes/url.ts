import { nullTier } from "../../../mod.ts";
import { type CacheUrl, lowerTiers, parseUrl, type Scheme } from "../../../runtimes/url.ts";
import { ConfigError } from "../../../src/errors.ts";
import { equal, ok, same, suite, type TestCase, throws } from "../../contract/mod.ts";

function parsed(url: string): [scheme: string, rest: string] {
  const { scheme, rest } = parseUrl(url, "url");
  return [scheme, rest];
}

const seen: CacheUrl[] = [];
const file: Scheme = (url) => {
  seen.push(url);
  return [nullTier()];
};
const withFiles = { file, sqlite: file };
const nowhere = { environment: () => undefined };

export const tests: TestCase[] = suite("cache URL", {
  "is a scheme and what follows the colon": () => {
    equal(parsed("memory:"), ["memory", ""]);
    equal(parsed("sqlite:cache.db"), ["sqlite", "cache.db"]);
    equal(parsed("libsql://db.example.org?authToken=t"), ["libsql", "//db.example.org?authToken=t"]);
    equal(parsed("FILE:a"), ["file", "a"]);
  },
  "is a path where there is no scheme, also with a drive": () => {
    for (const path of ["cache.db", "./a:b.db", "/var/x:y", ":memory:", "C:\\cache.db", "c:/cache.db", "a b?c#d"]) {
      equal(parsed(path), ["file", path]);
    }
  },
  "must be a string that is not empty": () => {
    for (const url of ["", null, 7, {}, new URL("file:///a")]) {
      const error = throws(() => parseUrl(url as string, "url"), ConfigError) as ConfigError;
      same(error.option, "url");
    }
  },
  "asks a scheme for its tiers, a path the scheme file": () => {
    seen.length = 0;
    same(lowerTiers("sqlite:a.db", "url", withFiles, nowhere).length, 1);
    same(lowerTiers("a.db", "TIERCEL_URL", withFiles, nowhere).length, 1);
    equal(
      seen.map(({ scheme, rest, option }) => [scheme, rest, option]),
      [
        ["sqlite", "a.db", "url"],
        ["file", "a.db", "TIERCEL_URL"],
      ],
    );
  },
  "memory: stands for no tier below memory, and stands alone": () => {
    equal(lowerTiers("memory:", "url", {}, nowhere), []);
    equal(lowerTiers("MEMORY:", "url", withFiles, nowhere), []);
    for (const url of ["memory://", "memory:x"]) throws(() => lowerTiers(url, "url", withFiles, nowhere), ConfigError);
  },
  "an unknown scheme is named with those that are known": () => {
    const error = throws(() => lowerTiers("redis://u:secret@h", "url", withFiles, nowhere), ConfigError);
    same(
      error.message,
      "Cannot use url as its scheme must be one of memory:, file:, sqlite: or a path: received redis:",
    );
    const alone = throws(() => lowerTiers("./cache.db", "TIERCEL_URL", {}, nowhere), ConfigError);
    same(alone.message, "Cannot use TIERCEL_URL as its scheme must be memory:: received a path");
  },
  "what every object inherits is no scheme": () => {
    for (const url of ["constructor:x", "toString:x", "hasOwnProperty:"]) {
      throws(() => lowerTiers(url, "url", withFiles, nowhere), ConfigError);
    }
  },
  "no error shows what follows the scheme, nor a long text that only looks like one": () => {
    for (const url of ["redis://user:secret@host?token=secret", "memory:secret", `${"a".repeat(25)}secret:x`]) {
      const { message } = throws(() => lowerTiers(url, "url", withFiles, nowhere), ConfigError);
      ok(!message.includes("secret"), message);
    }
  },
});
