import type { Cache } from "../../../mod.ts";
import { createCache } from "../../../mod.ts";
import { ConfigError } from "../../../src/errors.ts";
import { accessLog, events, evictionLog, hotKeys, loadTimes, memoryPressure } from "../../../src/observe/mod.ts";
import { prometheus } from "../../../src/observe/prometheus.ts";
import { same, suite, type TestCase, throws } from "../../contract/mod.ts";

type Observer = (cache: Cache, options?: never) => unknown;

const OBSERVERS: Record<string, Observer> = {
  accessLog,
  evictionLog,
  hotKeys,
  events,
  loadTimes,
  memoryPressure,
  prometheus,
};

const refuses = (observe: () => unknown, option: string): void => {
  same((throws(observe, ConfigError) as ConfigError).option, option);
};

export const tests: TestCase[] = suite(
  "observers",
  Object.fromEntries(
    Object.entries(OBSERVERS).map(([name, observe]) => [
      `${name} refuses options and caches that are none`,
      () => {
        const cache = createCache();
        for (const wrong of [null, 5, "all"]) refuses(() => observe(cache, wrong as never), "options");
        for (const wrong of [null, undefined, {}, { on() {} }]) refuses(() => observe(wrong as never), "cache");
      },
    ]),
  ),
);
