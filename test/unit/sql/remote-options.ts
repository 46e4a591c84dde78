import { type D1Binding, d1 } from "../../../adapters/d1.ts";
import { readPlace } from "../../../adapters/libsql/target.ts";
import { type LibsqlClient, type LibsqlOptions, libsql } from "../../../adapters/libsql.ts";
import { ConfigError } from "../../../src/errors.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const client: LibsqlClient = { execute: async () => ({ rows: [] }), batch: async () => [], close() {} };
const binding: D1Binding = { prepare: () => ({ bind: () => binding.prepare("") }), batch: async () => [] };

/** The error of a wrong target or option. */
function refused(run: () => unknown): ConfigError {
  return throws(run, ConfigError) as unknown as ConfigError;
}

export const tests: TestCase[] = suite("options of remote SQL", {
  "takes URLs apart, and the token out of them": () => {
    const cases: Record<string, [url: string, authToken?: string]> = {
      "libsql://db-me.turso.io": ["libsql://db-me.turso.io"],
      "libsql://db-me.turso.io/?authToken=t%2Bk": ["libsql://db-me.turso.io", "t+k"],
      "libsql://localhost:8080?tls=0&authToken=tk": ["libsql://localhost:8080?tls=0", "tk"],
      "https://db.example/path/": ["https://db.example/path/"],
      "http://127.0.0.1:8080": ["http://127.0.0.1:8080"],
      "WSS://db.example": ["wss://db.example"],
      "ws://[::1]:8080": ["ws://[::1]:8080"],
      "file:data/cache.db": ["file:data/cache.db"],
      "file:///data/cache.db": ["file:///data/cache.db"],
    };
    for (const [given, [url, authToken]] of Object.entries(cases)) {
      equal(readPlace(given, undefined), { url, authToken, isFile: url.startsWith("file:") }, given);
    }
    same(readPlace(new URL("libsql://db.example?authToken=in-url"), "option").authToken, "option");
  },
  "refuses targets that libSQL cannot be reached by, and tells no more of them than the scheme": () => {
    for (const target of [
      "postgres://user:secret@db",
      "secret",
      "",
      "libsql://user:secret@db.example",
      "https://secret@db.example",
      "libsql://db.example?secret=1",
      "libsql://db.example?tls=2&authToken=secret",
      "libsql://db.example#secret",
      "libsql:secret",
      "http://[secret",
      "file:",
      "file::memory:?secret",
      "file:a.db?secret=1",
      "file:a\0secret",
    ]) {
      const { option, message } = refused(() => libsql(target));
      same(option, "target", target);
      ok(/^Cannot use target as /.test(message) && !message.includes("secret"), message);
    }
    for (const target of [undefined, null, 5, {}, { ...client, batch: 1 }])
      same(refused(() => libsql(target as unknown as LibsqlClient)).option, "target");
    for (const database of [undefined, null, {}, { prepare() {} }])
      same(refused(() => d1(database as unknown as D1Binding)).option, "database");
  },
  "names the option that is wrong": () => {
    const wrong: Record<string, unknown[]> = {
      authToken: ["", 5],
      maxKeyLength: [0, -1, 1.5, 2_049, "512"],
      readOnly: ["yes", 1],
      name: ["", 5],
      ttl: ["soon", 0],
      write: ["later"],
      timeout: [0, "x"],
      breaker: [true],
    };
    for (const [option, values] of Object.entries(wrong)) {
      for (const value of values) {
        const options = { [option]: value } as LibsqlOptions;
        same(refused(() => libsql("libsql://db.example", options)).option, option);
        if (["authToken", "readOnly"].includes(option)) continue;
        same(refused(() => d1(binding, options)).option, option);
      }
    }
    ok(!refused(() => libsql("libsql://db.example", { authToken: "" })).message.includes("db.example"));
  },
  "declares what the database can hold": () => {
    const remote = libsql("libsql://db.example", { name: "far" });
    equal(
      [remote.name, remote.capabilities.maxValueBytes, remote.capabilities.maxKeyBytes, remote.capabilities.maxBatch],
      ["far", 4_980_000, 512, 400],
    );
    for (const file of [libsql("file:cache.db"), libsql({ ...client, protocol: "file" })])
      same(file.capabilities.maxValueBytes, 999_000_000);
    same(libsql({ ...client, protocol: "http" }).capabilities.maxValueBytes, 4_980_000);
    const cloud = d1(binding, { maxKeyLength: 100 });
    equal(
      [cloud.name, cloud.capabilities.maxValueBytes, cloud.capabilities.maxKeyBytes, cloud.capabilities.maxBatch],
      ["d1", 1_980_000, 100, 100],
    );
    const reader = libsql("libsql://db.example", { readOnly: true });
    equal([reader.capabilities.readOnly, reader.capabilities.leases], [true, false]);
  },
  "does nothing before the first operation": () => {
    let calls = 0;
    const counting: LibsqlClient = {
      execute: async () => ({ rows: [] }),
      batch: async () => [],
      close: () => void calls++,
    };
    const tier = libsql(counting);
    same(tier.client, undefined);
    tier.close!();
    same(calls, 0, "a client of the caller's stays open");
  },
});
