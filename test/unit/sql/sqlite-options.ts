import { resolveSqliteOptions, type SqliteOptions } from "../../../adapters/sql/sqlite-options.ts";
import { sqlite } from "../../../adapters/sqlite.ts";
import { ConfigError, StoreOpenError } from "../../../src/errors.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const resolve = (options: unknown) => resolveSqliteOptions(options as SqliteOptions, "sqlite");

/** Options that must be refused, by the option that the error names. */
const WRONG: readonly (readonly [string, unknown])[] = [
  ["path", {}],
  ["path", { path: "" }],
  ["path", { path: 5 }],
  ["path", { path: "a\0b" }],
  ["path", { path: "file:" }],
  ["path", { path: "file://elsewhere/cache.db" }],
  ["path", { path: "file:cache.db?mode=memory" }],
  ["path", { path: "file:cache.db?cache=shared" }],
  ["path", { path: "file:%zz" }],
  ["path", { path: "a", database: {} }],
  ["database", { database: null }],
  ["database", { database: "cache.db" }],
  ["synchronous", { database: {}, synchronous: "full" }],
  ["synchronous", { path: "a", synchronous: "off" }],
  ["name", { path: "a", name: "" }],
  ["ttl", { path: "a", ttl: 0 }],
  ["ttl", { path: "a", ttl: "soon" }],
  ["write", { path: "a", write: "later" }],
  ["timeout", { path: "a", timeout: -1 }],
  ["breaker", { path: "a", breaker: true }],
  ["busyTimeout", { path: "a", busyTimeout: -1 }],
  ["busyTimeout", { path: "a", busyTimeout: Number.NaN }],
  ["maxKeyLength", { path: "a", maxKeyLength: 0 }],
  ["maxKeyLength", { path: "a", maxKeyLength: 1.5 }],
  ["sweepOnStart", { path: "a", sweepOnStart: 1 }],
  ["vacuum", { path: "a", vacuum: "yes" }],
];

export const tests: TestCase[] = suite("sqlite options", {
  "refuses what is wrong and names the option"() {
    for (const [option, options] of WRONG) {
      const error = throws(() => resolve(options), ConfigError) as ConfigError;
      same(error.option, option, JSON.stringify(options));
    }
  },
  "says what was received in the place of a path, and where an open handle goes"() {
    const message = (target: unknown): string => throws(() => sqlite(target as string), ConfigError).message;
    const path = 'Cannot use path as it must be a path, a file: URL or ":memory:"';
    for (const [target, received] of [
      [undefined, "undefined"],
      [null, "null"],
      [5, "5"],
      [{ path: 5 }, "5"],
    ])
      same(message(target), `${path}: received ${received}`);
    const handle = { prepare() {}, exec() {} };
    same(message(handle), `${path}, or left out for an open handle as the option database: received undefined`);
  },
  "has the documented defaults and is frozen"() {
    const settings = resolve({ path: "cache.db" });
    equal(
      [
        settings.name,
        settings.path,
        settings.busyTimeout,
        settings.synchronous,
        settings.maxKeyLength,
        settings.readOnly,
      ],
      ["sqlite", "cache.db", 5_000, "normal", 512, false],
    );
    equal([settings.sweepOnStart, settings.vacuum, settings.tier], [false, false, {}]);
    ok(Object.isFrozen(settings) && Object.isFrozen(settings.tier), "settings must be frozen");
  },
  "reads file: URLs"() {
    const path = (given: string | URL) => {
      const settings = resolve({ path: given });
      return [settings.path, settings.readOnly];
    };
    equal(path("file:cache.db"), ["cache.db", false]);
    equal(path("file:///var/a%20b/c%3Fd.db"), ["/var/a b/c?d.db", false]);
    equal(path("file://localhost/var/cache.db?mode=rwc"), ["/var/cache.db", false]);
    equal(path("file:/var/cache.db?mode=ro"), ["/var/cache.db", true]);
    equal(path("file:///C:/data/cache.db"), ["C:/data/cache.db", false]);
    equal(path(new URL("file:///var/cache.db")), ["/var/cache.db", false]);
    equal(path("data/what?.db"), ["data/what?.db", false]);
    same(resolve({ path: "file:a.db?mode=ro", readOnly: false }).readOnly, false, "the option is above the URL");
  },
  "takes the options of every tier along"() {
    const tier = sqlite("cache.db", {
      name: "disk",
      ttl: "1h",
      write: "behind",
      timeout: 100,
      breaker: { failures: 3 },
    });
    same(tier.name, "disk");
    equal(tier.options, { name: "disk", ttl: "1h", write: "behind", timeout: 100, breaker: { failures: 3 } });
  },
  "tells what it can do before it is opened"() {
    const { capabilities } = sqlite({ path: "cache.db", maxKeyLength: 100 });
    equal(
      [
        capabilities.sync,
        capabilities.keys,
        capabilities.tags,
        capabilities.journal,
        capabilities.leases,
        capabilities.durable,
        capabilities.shared,
        capabilities.local,
      ],
      [true, true, true, true, true, true, true, true],
    );
    same(capabilities.maxKeyBytes, 100);
    const memory = sqlite(":memory:").capabilities;
    equal([memory.durable, memory.shared, memory.journal], [false, false, false], "nobody else can open it");
    const reader = sqlite("cache.db", { readOnly: true }).capabilities;
    equal([reader.journal, reader.leases], [true, false], "a lease is written");
  },
  "says that there are no files where there are none"() {
    const { process, navigator } = globalThis as {
      process?: { getBuiltinModule?: unknown };
      navigator?: { userAgent?: string };
    };
    const isWorker = navigator?.userAgent === "Cloudflare-Workers";
    if (process?.getBuiltinModule !== undefined && !isWorker) return;
    const { message } = throws(() => sqlite("cache.db").open!(undefined as never), StoreOpenError);
    ok(!isWorker || message.includes("Workers"), message);
  },
  "refuses a handle of another kind"() {
    for (const database of [{}, { prepare() {}, exec() {}, batch() {} }]) {
      same((throws(() => sqlite({ database }), ConfigError) as ConfigError).option, "database");
    }
  },
});
