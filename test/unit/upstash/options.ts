import { readPlace } from "../../../adapters/upstash/target.ts";
import { upstash, upstashBus } from "../../../adapters/upstash.ts";
import { hasTimers } from "../../../src/clock.ts";
import type { ConfigError } from "../../../src/errors.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, suite, throws } from "../../contract/mod.ts";

const url = "https://eu1-x.upstash.io";
const token = "secret-token";

function refused(option: string, call: () => unknown): void {
  const error = throws(call, "CONFIG") as ConfigError;
  same(error.option, option, error.message);
  ok(!/secret|x\.upstash/.test(error.message), error.message);
}

export const tests: TestCase[] = suite("upstash options", {
  "reads a URL with a token, or both in one object"() {
    const place = { url: `${url}/`, token };
    equal(readPlace(url, token), place);
    equal(readPlace(new URL(url), token), place);
    equal(readPlace({ url, token }, undefined), place);
    equal(readPlace("HTTP://localhost:8079/base/", token), { url: "http://localhost:8079/base/", token });
  },

  "refuses what it cannot reach, without telling of it"() {
    for (const target of ["", "eu1-x.upstash.io", "redis://secret@x.upstash.io", "https://", `${url}?_token=secret`])
      refused("target", () => upstash(target, { token }));
    refused("target", () => upstash(`https://me:secret@x.upstash.io`, { token }));
    for (const target of [undefined, null, 1, {}, { token }, []]) refused("target", () => upstash(target as never));
    for (const wrong of [undefined, "", `${token}\n`, `${token} `, "secret-tökn", 1 as never])
      refused("token", () => upstash(url, wrong === undefined ? {} : { token: wrong }));
    refused("token", () => upstash({ url, token }, { token }));
    refused("token", () => upstash({ pipeline() {} } as never, { token }));
    refused("options", () => upstash({ url, token }, null as never));
    refused("options", () => upstashBus({ url, token }, null as never));
  },

  "says what the environment lacks"() {
    const { message } = throws(() => upstash({ url: undefined as never, token }), "CONFIG") as ConfigError;
    ok(message.endsWith("received one whose url is undefined"), message);
  },

  "has limits that follow the size of a request"() {
    const limits = [131_072, 1_048_576, 10_000_000].map(
      (maxRequestBytes) => upstash({ url, token }, { maxRequestBytes }).capabilities.maxValueBytes!,
    );
    ok(limits[0]! > 50_000 && limits[1]! > 740_000 && limits[2]! > 7_000_000, String(limits));
    same(upstash({ url, token }).capabilities.maxValueBytes, limits[1]);
    for (const maxRequestBytes of [0, 131_071, 1e6 + 0.5, NaN, Infinity, "1e6" as never])
      refused("maxRequestBytes", () => upstash({ url, token }, { maxRequestBytes }));
  },

  "makes a bus only where something can listen outside of a request"() {
    if (hasTimers()) ok(upstashBus({ url, token }));
    else refused("bus", () => upstashBus({ url, token }));
    refused("token", () => upstashBus(url));
    refused("prefix", () => upstashBus({ url, token }, { prefix: "{}" }));
    refused("timeout", () => upstashBus({ url, token }, { timeout: 0 }));
  },
});
