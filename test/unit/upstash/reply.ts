import { textOf } from "../../../adapters/redis/link.ts";
import { unpack } from "../../../adapters/upstash/reply.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, suite, throws } from "../../contract/mod.ts";

export const tests: TestCase[] = suite("upstash reply", {
  "reads lists, strings, integers and nothing"() {
    equal(unpack("_\n"), null);
    equal(unpack(":-42\n"), -42);
    equal(unpack("$0\n"), "");
    equal(unpack("*0\n"), []);
    equal(unpack("*4\n$2\n_\n*2\n:1\n_\n$3\n*1\n$1\n\n"), ["_\n", [1, null], "*1\n", "\n"]);
  },

  "gives text that is ASCII as it is, and other strings as bytes"() {
    equal(unpack("*2\n$2\nok$3\né\u0000\u00ff"), ["ok", Uint8Array.of(0xe9, 0, 0xff)]);
    equal(textOf(unpack("$6\n\u00ef\u00bb\u00bf\u00c3\u00a9k")), "\ufeffék");
  },

  "refuses whatever else there is, cut, longer or foreign"() {
    const whole = "*3\n$5\nfirst:7\n*1\n$3\nend";
    for (let length = 0; length < whole.length; length++) throws(() => unpack(whole.slice(0, length)), "CORRUPT");
    const texts = [
      `${whole}\n`,
      "OK",
      "$3\nabcd",
      "$-1\n",
      "*1e1\n",
      ":\n",
      ":12345678901234567\n",
      "*9999999999\n_\n",
    ];
    for (const other of [...texts, "$1\n\u0100", "_", "+OK\n", undefined, null, 1, ["*0\n"], {}])
      throws(() => unpack(other), "CORRUPT");
  },
});
