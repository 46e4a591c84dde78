import { cbor, structured } from "../../../src/bytes/mod.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** How often `BigInt` is called meanwhile: once for each byte where a number is put together of its bytes. */
function calls(run: () => void): number {
  const scope = globalThis as { BigInt: unknown };
  const own = scope.BigInt;
  let count = 0;
  scope.BigInt = new Proxy(own as typeof BigInt, {
    apply(target, _, given) {
      count++;
      return target(given[0]);
    },
  });
  try {
    run();
  } finally {
    scope.BigInt = own;
  }
  return count;
}

/** A large bigint as cbor has it: tag 2 or 3 over this many bytes. */
function row(tag: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length + 4).fill(0xff);
  bytes.set([0xc0 | tag, 0x59, length >> 8, length & 0xff]);
  return bytes;
}

export const tests: TestCase[] = suite("large bigints", {
  "cbor reads them in time that grows as they do, also of rows from before there was a limit": () => {
    let [positive, negative]: unknown[] = [];
    const count = calls(() => {
      positive = cbor.decode(row(2, 20_000));
      negative = cbor.decode(row(3, 20_000));
    });
    ok(count < 100, `${count} calls for 40,000 bytes`);
    const power = 1n << 160_000n;
    ok(positive === power - 1n && negative === -power);
  },
  "cbor takes them up to its limit and names the codec that takes more": () => {
    const most = (1n << 65_536n) - 1n;
    for (const value of [most, -most]) ok(cbor.decode(cbor.encode(value)) === value);
    for (const value of [most + 1n, -most - 1n, 1n << 1_000_000n]) {
      const { message } = throws(() => cbor.encode({ deep: [value] }), "CODEC");
      ok(message.includes("structured") && message.endsWith("at $.deep[0]"), message);
      ok(structured.decode(structured.encode(value)) === value);
    }
  },
  "both codecs give back bigints of every length": () => {
    for (const codec of [cbor, structured]) {
      for (let bits = 0n; bits < 1_200n; bits += 7n) {
        for (const value of [1n << bits, -(1n << bits), (1n << bits) - 1n]) {
          same(codec.decode(new Uint8Array(codec.encode(value))), value);
          equal(codec.decode(new Uint8Array(codec.encode([value, { value }]))), [value, { value }]);
        }
      }
    }
    equal([cbor.decode(Uint8Array.of(0xc2, 0x40)), cbor.decode(Uint8Array.of(0xc3, 0x40))], [0n, -1n]);
  },
});
