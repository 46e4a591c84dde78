import { readPlace } from "../../../adapters/redis/target.ts";
import { type RedisOptions, redis, redisBus } from "../../../adapters/redis.ts";
import { ConfigError } from "../../../src/errors.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const DEFAULTS = { port: 6379, username: undefined, password: undefined, database: 0, tls: undefined };

/** The option that an error names. */
function optionOf(run: () => unknown): string {
  return (throws(run, ConfigError) as ConfigError).option;
}

export const tests: TestCase[] = suite("redis target", {
  "reads URLs": () => {
    equal(readPlace("redis://localhost"), { ...DEFAULTS, host: "localhost" });
    equal(readPlace("redis://localhost/"), { ...DEFAULTS, host: "localhost" });
    equal(readPlace(new URL("redis://h:7000/15")), { ...DEFAULTS, host: "h", port: 7000, database: 15 });
    equal(readPlace("redis://user:p%40ss%3A%2F@h"), { ...DEFAULTS, host: "h", username: "user", password: "p@ss:/" });
    equal(readPlace("redis://:secret@h"), { ...DEFAULTS, host: "h", password: "secret" });
    equal(readPlace("redis://[::1]:7000"), { ...DEFAULTS, host: "::1", port: 7000 });
    equal(readPlace("rediss://h"), { ...DEFAULTS, host: "h", tls: {} });
    equal(readPlace("REDISS://h", { ca: "pem" }), { ...DEFAULTS, host: "h", tls: { ca: "pem" } });
  },
  "refuses what is none, without telling its password": () => {
    for (const url of [
      "",
      "h:6379",
      "http://user:secret@h",
      "redis://",
      "redis://user:secret@",
      "redis://user:secret@h/one",
      "redis://user:secret@h/1/2",
      "redis://user:secret@h/123456",
      "redis://user:secret@h?db=1",
      "redis://user:secret@h#1",
      "redis://user:secret%@h",
      "redis://user:secret@h:port",
    ]) {
      const error = throws(() => redis(url), ConfigError) as ConfigError;
      same(error.option, "target", url);
      ok(!error.message.includes("secret") && error.cause === undefined, error.message);
    }
  },
  "refuses targets that are no clients": () => {
    // Version 4 of node-redis, which cannot give the bytes of a script's reply.
    const old = { isOpen: true, sendCommand() {}, connect() {}, on() {} };
    for (const target of [undefined, null, 5, {}, { isOpen: true }, { send() {} }, [], old])
      same(
        optionOf(() => redis(target as never)),
        "target",
      );
    same(
      optionOf(() => redisBus({} as never)),
      "target",
    );
  },
  "refuses wrong options, naming them": () => {
    const wrong: readonly [string, RedisOptions][] = [
      ["prefix", { prefix: "" }],
      ["prefix", { prefix: "a{b" }],
      ["prefix", { prefix: "a}b" }],
      ["prefix", { prefix: "a\0" }],
      ["prefix", { prefix: 5 as never }],
      ["pool", { pool: 0 }],
      ["pool", { pool: 1.5 }],
      ["pool", { pool: 1_000 }],
      ["connectTimeout", { connectTimeout: 0 }],
      ["connectTimeout", { connectTimeout: "soon" }],
      ["commandTimeout", { commandTimeout: -1 }],
      ["tls", { tls: true as never }],
      ["tls", { tls: {} }],
      ["ttl", { ttl: 0 }],
      ["timeout", { timeout: 0 }],
      ["write", { write: "later" as never }],
    ];
    for (const [option, options] of wrong)
      same(
        optionOf(() => redis("redis://h", options)),
        option,
        JSON.stringify(options),
      );
    same(
      optionOf(() => redisBus("redis://h", { prefix: "{" })),
      "prefix",
    );
  },
  "refuses options of a connection with a client that is given": () => {
    const client = { isOpen: true, sendCommand() {}, connect() {}, on() {}, withTypeMapping() {} };
    same(
      optionOf(() => redis(client as never, { pool: 2 })),
      "pool",
    );
    same(
      optionOf(() => redis(client as never, { tls: {} })),
      "tls",
    );
  },
  "makes a tier without connecting to anything": () => {
    const tier = redis("redis://nowhere.invalid:1", { name: "second", ttl: "1h", timeout: 50 });
    equal([tier.name, tier.options?.ttl, tier.options?.timeout], ["second", "1h", 50]);
    const { keys, tags, journal, leases, durable, shared, local = false } = tier.capabilities;
    equal([keys, tags, journal, leases, durable, shared, local], [true, true, true, true, true, true, false]);
    same(redis("redis://nowhere.invalid").name, "redis");
  },
});
