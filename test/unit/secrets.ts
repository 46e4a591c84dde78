import { d1 } from "../../adapters/d1.ts";
import { kv } from "../../adapters/kv.ts";
import { mongodb } from "../../adapters/mongodb.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { unstorage } from "../../adapters/unstorage.ts";
import { ConfigError, createCache } from "../../mod.ts";
import { encryption } from "../../src/bytes/encryption/mod.ts";
import { bytes, json, structured } from "../../src/bytes/mod.ts";
import type { Tier } from "../../src/tier.ts";
import type { TestCase } from "../contract/mod.ts";
import { mapTier, ok, same, suite, throws } from "../contract/mod.ts";

const SECRET = "hunter2";

/** What is given a URL or a key by mistake. */
const TAKERS: Readonly<Record<string, (given: never) => unknown>> = {
  tiers: (tiers) => createCache({ tiers }),
  tier: (tier) => createCache({ tiers: [tier] }),
  bus: (bus) => createCache({ bus }),
  mongodb,
  unstorage,
  d1,
  kv,
  path: (path) => sqlite({ path: [path] as never }),
};

export const tests: TestCase[] = suite("messages of errors", {
  "show nothing of a URL that has a password or parameters but its scheme": () => {
    const urls = [
      `redis://default:${SECRET}@host:6379`,
      `mongodb://user:pass/@${SECRET}@host/db`,
      `rediss://:${"x".repeat(60)}${SECRET}@host`,
      // As long as passwords that are tokens.
      `rediss://:${SECRET}${"x".repeat(2_000)}@host`,
      `https://host/?token=${SECRET}`,
      `redis://a:1@host\n${SECRET}`,
    ];
    for (const [name, take] of Object.entries(TAKERS)) {
      for (const url of urls) {
        const { message } = throws(() => take(url as never), ConfigError) as ConfigError;
        ok(!message.includes(SECRET) && !message.includes("xx") && !message.includes("pass"), `${name}: ${message}`);
      }
    }
    const { message } = throws(() => createCache({ bus: urls[0] as never }), ConfigError) as ConfigError;
    same(message, 'Cannot use bus as it must be an object with attach: received "redis://…"');
  },
  "show a URL without secrets as it was given": () => {
    const { message } = throws(() => createCache({ bus: "redis://host:6379/1" as never }), ConfigError) as ConfigError;
    ok(message.endsWith('received "redis://host:6379/1"'), message);
  },
  "show nothing of a damaged value, nor do their causes": () => {
    const text = (marks: number[], ascii: string): Uint8Array =>
      Uint8Array.from([...marks, ...Array.from(ascii, (letter) => letter.charCodeAt(0))]);
    for (const [codec, damaged] of [
      [json, text([], SECRET)],
      // A RegExp whose source is no pattern, without flags.
      [structured, Uint8Array.from([...text([0x96, 0x40 + 1 + SECRET.length], `(${SECRET}`), 0x40])],
    ] as const) {
      let error: unknown = throws(() => codec.decode(damaged), "CORRUPT");
      for (; error instanceof Error; error = error.cause) ok(!error.message.includes(SECRET), error.message);
    }
  },
  "show no key that was given in the place of an encryption or a ring": () => {
    const store = mapTier() as Tier<Uint8Array>;
    for (const call of [
      () => bytes(store, { encryption: SECRET as never }),
      () => encryption(SECRET as never),
      () => sqlite(":memory:", { encryption: SECRET as never }),
    ]) {
      const { message } = throws(call, ConfigError) as ConfigError;
      ok(message.endsWith(": received a string"), message);
    }
  },
});
