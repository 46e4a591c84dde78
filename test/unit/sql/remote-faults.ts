import {
  isAnswer,
  isBusy,
  isDamage,
  isRefused,
  isTooLarge,
  isUnmade,
  toldFault,
} from "../../../adapters/sql/remote-faults.ts";
import { CorruptError, TierError } from "../../../src/errors.ts";
import { equal, ok, same } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** An error as a client throws it. */
function thrown(message: string, fields: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), fields);
}

/** What is told of an error. */
function told(error: unknown): string {
  const fault = toldFault("libsql", "libSQL", error);
  ok(fault instanceof TierError);
  same(fault.cause, undefined, "what caused it stays behind");
  return fault.message.replace("Cannot use libSQL for tier libsql as ", "");
}

const BUSY = thrown("SQLITE_BUSY: SQLITE_BUSY: SQLite error: database is locked", { code: "SQLITE_BUSY" });
const UNMADE = thrown("SQLITE_UNKNOWN: SQLite error: no such table: meta", { code: "SQLITE_UNKNOWN" });
const IN_FILE = thrown("SQLITE_ERROR: no such table: meta", { code: "SQLITE_ERROR", rawCode: 1 });
const CLOUD = thrown("D1_ERROR: no such table: meta: SQLITE_ERROR");
const LARGE = thrown("RESPONSE_TOO_LARGE: Response is too large", { code: "RESPONSE_TOO_LARGE" });
const TORN = thrown("SQLITE_CORRUPT: database disk image is malformed", { code: "SQLITE_CORRUPT" });
const FORBIDDEN = thrown("SERVER_ERROR: Server returned HTTP status 403: secret", { code: "SERVER_ERROR" });
const REFUSED = Object.assign(new TypeError("fetch failed"), { cause: thrown("connect", { code: "ECONNREFUSED" }) });
const LOST = thrown("D1_ERROR: Network connection lost.");

export const tests: TestCase[] = suite("faults of remote SQL", {
  "are told by code, and SQLite's own words": () => {
    same(told(BUSY), "it answered SQLITE_BUSY: database is locked");
    same(told(UNMADE), "it answered SQLITE_UNKNOWN: no such table: meta");
    same(told(IN_FILE), "it answered SQLITE_ERROR: no such table: meta");
    same(told(CLOUD), "it answered SQLITE_ERROR: no such table: meta");
    same(told(LARGE), "it answered RESPONSE_TOO_LARGE");
    same(told(FORBIDDEN), "it answered SERVER_ERROR: HTTP status 403");
    same(told(REFUSED), "it could not be reached: ECONNREFUSED");
    same(told(LOST), "it answered D1_ERROR: Network connection lost.");
    same(told(new DOMException("secret", "TimeoutError")), "it could not be reached: TimeoutError");
    for (const odd of [undefined, null, 5, "secret", {}, { code: "secret thing", name: "a secret" }])
      same(told(odd), "it could not be reached: an unknown error");
  },
  "name nothing that a client put into them": () => {
    for (const error of [
      new TypeError('Headers.set: "Bearer secret" is an invalid header value.'),
      thrown("Server returned HTTP status 500: secret", { code: "SERVER_ERROR" }),
      thrown("D1_TYPE_ERROR: Type 'bigint' not supported for value 'secret'"),
      thrown("HRANA_WEBSOCKET_ERROR: wss://db?jwt=secret", { code: "HRANA_WEBSOCKET_ERROR" }),
      thrown("SQLITE_ERROR: x\nsecret", { code: "SQLITE_ERROR" }),
      thrown(`SQLITE_ERROR: ${"x".repeat(200)} secret`, { code: "SQLITE_ERROR" }),
      thrown("x", { cause: thrown("secret", { code: "not/a code secret" }) }),
    ])
      ok(!told(error).includes("secret"), told(error));
  },
  "of our own stay as they are": () => {
    const error = new CorruptError("mine");
    same(toldFault("libsql", "libSQL", error), error);
  },
  "are told apart": () => {
    const all = [BUSY, UNMADE, IN_FILE, CLOUD, LARGE, TORN, FORBIDDEN, REFUSED, LOST, new RangeError("x")];
    const which = (is: (error: unknown) => boolean) =>
      all.map((error, index) => (is(error) ? index : -1)).filter((i) => i >= 0);
    equal(which(isBusy), [0]);
    equal(which(isUnmade), [1, 2, 3]);
    equal(which(isTooLarge), [4]);
    equal(which(isDamage), [5, 9]);
    equal(which(isRefused), [0, 6]);
    equal(which(isAnswer), [0, 1, 2, 3, 4, 5, 8]);
  },
});
