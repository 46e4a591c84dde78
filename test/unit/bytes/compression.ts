import fc from "fast-check";
import { byStreams, type CompressionFormat, engine, READING } from "../../../src/bytes/compression/engines.ts";
import { type CompressionOptions, compression } from "../../../src/bytes/compression/mod.ts";
import { Packer } from "../../../src/bytes/compression/packer.ts";
import { json } from "../../../src/bytes/mod.ts";
import { openPayload } from "../../../src/bytes/payload.ts";
import { equal, ok, rejects, same, throws } from "../../contract/assert.ts";
import { seededRandom } from "../../contract/mod.ts";
import { suite, type TestCase } from "../../contract/suite.ts";
import { byteStore, codesOf, entry, NOW, now, opened, READ, write } from "./byte-store.ts";

const FORMATS: readonly CompressionFormat[] = ["deflate-raw", "gzip", "deflate"];
const NO_COMPRESSION = engine() === READING;

/** Texts of every kind: none, short, alike, by chance, long. */
const SAMPLES: readonly Uint8Array[] = [
  new Uint8Array(0),
  new TextEncoder().encode("a"),
  new TextEncoder().encode("the same again, ".repeat(3_000)),
  Uint8Array.from({ length: 5_000 }, chance(1, 256)),
  Uint8Array.from({ length: 100_000 }, chance(2, 4)),
  new Uint8Array(70_000),
];

function chance(seed: number, values: number): () => number {
  const random = seededRandom(seed);
  return () => Math.floor(random() * values);
}

function packer(options: CompressionOptions = {}, by = engine): Packer {
  return new Packer({ threshold: 0, minGain: 0, maxSize: 2 ** 20, format: "deflate-raw", ...options } as never, by);
}

/** Writes and reads one value. */
async function through(value: unknown, options?: CompressionOptions): Promise<{ payload: Uint8Array; value: unknown }> {
  const { tier, store } = opened({ codec: json, compression: compression(options) });
  await tier.setMany(await tier.prepare!([write("k", value)]), NOW);
  return { payload: store.entries.get("k")!.value, value: (await tier.getMany(["k"], READ)).entries[0]?.value };
}

export const tests: TestCase[] = suite("compression", {
  "large values are stored in fewer bytes, and come back": async () => {
    const value = "text ".repeat(1_000);
    const { payload, value: back } = await through(value);
    same(back, value);
    equal([payload[3], payload.length < 200], NO_COMPRESSION ? [0, false] : [1, true]);
  },
  "what is small, or does not pay, is stored as it is": async () => {
    const random = Array.from({ length: 2_000 }, chance(3, 90))
      .map((unit) => String.fromCharCode(32 + unit))
      .join("");
    const small = "a".repeat(1_021);
    for (const [value, options] of [
      [small, {}],
      [random, { minGain: 0.3 }],
      ["text ".repeat(1_000), { minGain: 1 }],
      ["text ".repeat(1_000), { maxSize: 5_001 }],
      ["text ".repeat(1_000), { threshold: 5_003 }],
    ] as const) {
      const { payload, value: back } = await through(value, options);
      equal([payload[3], back], [0, value]);
    }
    if (!NO_COMPRESSION) same((await through(`${small}a`)).payload[3], 1);
  },
  "every format is read by whatever compresses here, at once and in streams": async () => {
    if (NO_COMPRESSION) return;
    const engines = [engine, ...(typeof CompressionStream === "function" ? [byStreams] : []), () => READING];
    for (const format of FORMATS) {
      for (const write of engines.slice(0, -1)) {
        for (const sample of SAMPLES) {
          const packed = await packer({ format, minGain: -Infinity } as never, write).pack(sample, false);
          ok(packed !== undefined);
          for (const reader of engines) equal(await packer({}, reader).unpack(packed!, false), sample);
          if (engine().sync) equal(now(packer().unpack(packed!, true)), sample);
        }
      }
    }
  },
  "any bytes come back": async () => {
    if (NO_COMPRESSION) return;
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3_000 }),
        fc.constantFrom(...FORMATS),
        fc.nat(6),
        async (bytes, format, bits) => {
          const alike = bytes.map((byte) => byte >> bits);
          const packed = await packer({ format, minGain: -Infinity } as never).pack(alike, engine().sync);
          for (const reader of [engine, () => READING]) equal(await packer({}, reader).unpack(packed!, false), alike);
        },
      ),
      { numRuns: 100, seed: 5 },
    );
  },
  "what was damaged is refused, or is what it was, and is never of another size": async () => {
    if (NO_COMPRESSION) return;
    const sample = new TextEncoder().encode(
      "a text that is compressed, and again a text that is compressed ".repeat(4),
    );
    for (const format of FORMATS) {
      const packed = (await packer({ format }).pack(sample, engine().sync))!;
      const readers = [engine, ...(typeof CompressionStream === "function" ? [byStreams] : []), () => READING];
      for (const reader of readers) {
        for (let bit = 0; bit < packed.length * 8; bit++) {
          const damaged = packed.slice();
          damaged[bit >> 3]! ^= 1 << (bit & 7);
          try {
            same((await packer({}, reader).unpack(damaged, false)).length, sample.length);
          } catch (error) {
            const { code } = error as { code?: unknown };
            ok(code === "CORRUPT" || (code === "CODEC" && bit < 8), `bit ${bit}: ${String(error)}`);
          }
        }
        for (let length = 1; length < packed.length - 8; length++)
          await rejects(async () => packer({}, reader).unpack(packed.slice(0, length), false), "CORRUPT");
      }
    }
  },
  "a bomb is stopped at the size that it claims, and refused if that is too much": async () => {
    if (NO_COMPRESSION) return;
    const zeros = new Uint8Array(900_000);
    for (const format of FORMATS) {
      const packed = (await packer({ format }).pack(zeros, engine().sync))!;
      ok(packed.length < 2_000);
      await rejects(async () => packer({ maxSize: 899_999 }).unpack(packed, false), "CORRUPT");
      // It says that it has 10,000 bytes.
      const liar = Uint8Array.from([packed[0]!, 0x90, 0x4e, ...packed.slice(4)]);
      for (const reader of [engine, ...(typeof CompressionStream === "function" ? [byStreams] : []), () => READING])
        await rejects(async () => packer({}, reader).unpack(liar, false), "CORRUPT");
    }
  },
  "a bomb in the store is a miss, a report, and is gone": async () => {
    if (NO_COMPRESSION) return;
    const store = byteStore();
    const writer = opened({ codec: json, compression: compression() }, store);
    await writer.tier.setMany(await writer.tier.prepare!([write("k", "text ".repeat(10_000))]), NOW);
    const { tier, reports } = opened({ codec: json, compression: compression({ maxSize: 49_999 }) }, store);
    equal((await tier.getMany(["k"], READ)).entries, [undefined]);
    equal(codesOf(reports), [["corrupt", "CORRUPT", "k"]]);
    same(store.entries.size, 0);
  },
  "without the option a compressed value is a miss and a report, and stays": async () => {
    if (NO_COMPRESSION) return;
    const store = byteStore();
    const writer = opened({ codec: json, compression: compression() }, store);
    await writer.tier.setMany(await writer.tier.prepare!([write("k", "text ".repeat(10_000))]), NOW);
    const { tier, reports } = opened({ codec: json }, store);
    equal((await tier.getMany(["k"], READ)).entries, [undefined]);
    equal(codesOf(reports), [["corrupt", "CODEC", "k"]]);
    same(store.entries.size, 1);
    ok(openPayload("k", entry(0), store.entries.get("k")!.value).isPacked);
  },
  "an unknown format is a miss, and stays": () => {
    throws(() => packer().unpack(Uint8Array.of(9, 1, 0), false), "CODEC");
    throws(() => packer().unpack(new Uint8Array(0), false), "CODEC");
    throws(() => packer().unpack(Uint8Array.of(1), false), "CORRUPT");
  },
  "a tier that answers at once does so with values of any size": () => {
    if (!engine().sync) return;
    const { tier } = opened({ compression: compression() });
    same(tier.capabilities.sync, true);
    for (const length of [10, 2_000, 200_000]) {
      const value = "x".repeat(length);
      now(tier.setMany(now(tier.prepare!([write("k", value)])), NOW));
      equal(now(tier.sync!.getMany(["k"], READ)).entries[0]?.value, value);
    }
  },
  "a tier has no synchronous face where compression takes its time": () => {
    const { tier } = opened({ compression: packer({}, byStreams) });
    equal([tier.sync, tier.capabilities.sync], [undefined, false]);
  },
  "wrong options are refused": () => {
    for (const options of [
      { threshold: -1 },
      { threshold: Number.NaN },
      { minGain: 1.1 },
      { minGain: -0.1 },
      { maxSize: 0 },
      { maxSize: Infinity },
      { format: "brotli" },
      { threshold: null },
      { minGain: "0.1" },
      { maxSize: "9" },
      null,
    ])
      throws(() => compression(options as never), "CONFIG");
  },
});
