import { json } from "../../../src/bytes/mod.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";

function refusal(value: unknown): string {
  return throws(() => json.encode(value), "CODEC").message.replace(/^.*: received /, "");
}

export const tests: TestCase[] = suite("json codec", {
  "writes JSON in UTF-8": () => {
    same(new TextDecoder().decode(json.encode({ a: [1, "ü", null, true], "": {} })), '{"a":[1,"ü",null,true],"":{}}');
  },
  "says what it refuses and where": () => {
    const places: [unknown, string][] = [
      [undefined, "undefined at $"],
      [{ a: undefined }, "undefined at $.a"],
      [[1, undefined], "undefined at $[1]"],
      [{ a: { "b-c": NaN } }, 'NaN at $.a["b-c"]'],
      [[-Infinity], "-Infinity at $[0]"],
      [{ deep: [{ zero: -0 }] }, "-0 at $.deep[0].zero"],
      [{ n: 1n }, "a bigint at $.n"],
      [{ when: new Date(0) }, "a Date at $.when"],
      [{ m: new Map() }, "a Map at $.m"],
      [{ s: new Set() }, "a Set at $.s"],
      [{ r: /a/ }, "a RegExp at $.r"],
      [{ e: new RangeError("m") }, "a RangeError at $.e"],
      [{ b: new Uint8Array(1) }, "a Uint8Array at $.b"],
      [{ b: new ArrayBuffer(1) }, "an ArrayBuffer at $.b"],
      [{ f() {} }, "a function at $.f"],
      [{ s: Symbol("s") }, "a symbol at $.s"],
      [{ list: [new URL("https://example.com")] }, "an instance of URL at $.list[0]"],
    ];
    for (const [value, place] of places) same(refusal(value), place);
  },
  "refuses a toJSON wherever it hides": () => {
    const hidden = Object.defineProperty({ a: 1 }, "toJSON", { value: () => 2 });
    same(refusal([hidden]), "an object with toJSON at $[0]");
    ok(refusal(Object.assign([1], { toJSON: () => 2 })).includes("toJSON"));
  },
  "does not tell values in its messages": () => {
    ok(!refusal({ token: "s3cret", list: [() => "s3cret"] }).includes("s3cret"));
  },
  "cuts long names in its messages": () => {
    ok(refusal({ ["n".repeat(5000)]: undefined }).length < 100);
  },
  "refuses what is not JSON": () => {
    for (const text of ["", "{", "undefined", "NaN", "[1,]", "{'a':1}", "\ufeff1", "1 2", '"\n"']) {
      throws(() => json.decode(new TextEncoder().encode(text)), "CORRUPT");
    }
    throws(() => json.decode(new Uint8Array([0x22, 0xff, 0x22])), "CORRUPT");
  },
  "keeps a byte order mark that is part of a text": () => {
    equal(json.decode(json.encode("\ufeffa")), "\ufeffa");
  },
});
