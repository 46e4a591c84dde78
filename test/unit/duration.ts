import * as fc from "fast-check";
import { toMilliseconds } from "../../src/duration.ts";
import { ConfigError } from "../../src/errors.ts";
import type { TestCase } from "../contract/mod.ts";
import { ok, same, suite, throws } from "../contract/mod.ts";

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export const tests: TestCase[] = suite("duration", {
  "a number is milliseconds, whatever number": () => {
    for (const ms of [0, -0, 1, 1.5, -5, 1e20, Infinity, -Infinity]) same(toMilliseconds(ms, "ttl"), ms);
  },
  "each unit": () => {
    for (const [unit, ms] of Object.entries(UNITS)) {
      same(toMilliseconds(`1${unit}`, "ttl"), ms);
      same(toMilliseconds(`0${unit}`, "ttl"), 0);
      same(toMilliseconds(`2.5${unit}`, "ttl"), 2.5 * ms);
    }
  },
  "parts add up": () => {
    same(toMilliseconds("1h30m", "ttl"), 5_400_000);
    same(toMilliseconds("1w2d3h4m5s6ms", "ttl"), 604_800_000 + 2 * 86_400_000 + 3 * 3_600_000 + 4 * 60_000 + 5000 + 6);
    same(toMilliseconds("30m1h", "ttl"), 5_400_000);
    same(toMilliseconds("1m1ms", "ttl"), 60_001);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5000), fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[]))), {
          minLength: 1,
        }),
        (parts) => {
          const sum = parts.reduce((total, [amount, unit]) => total + amount * UNITS[unit], 0);
          same(toMilliseconds(parts.map((part) => part.join("")).join(""), "ttl"), sum);
        },
      ),
      { seed: 20261121 },
    );
  },
  forever: () => {
    same(toMilliseconds("forever", "ttl"), Infinity);
  },
  "anything else is refused, naming the option and what was received": () => {
    const wrong = [
      "",
      " ",
      "5",
      "5 m",
      " 5m",
      "5m ",
      "-5m",
      "+5m",
      "5M",
      "5min",
      "m",
      "5mm5",
      "1h30",
      ".5s",
      "5.s",
      "1e3s",
      "Infinity",
      "forever1s",
      "٣s",
      "5m\n",
    ];
    for (const value of [
      ...wrong,
      Number.NaN,
      undefined,
      null,
      true,
      {},
      [],
      ["5m"],
      5n,
      Symbol("5m"),
      () => 5,
    ] as never[]) {
      const error = throws(() => toMilliseconds(value, "swr"), ConfigError) as ConfigError;
      same(error.option, "swr");
      ok(error.message.startsWith("Cannot use swr ") && error.message.includes("received"), error.message);
    }
  },
  "an error shows no more than the beginning of what was received": () => {
    const error = throws(() => toMilliseconds("x".repeat(100_000), "ttl"), ConfigError);
    ok(error.message.length < 300);
  },
});
