import { xxHash32 } from "../../../src/bytes/checksum.ts";
import { cbor, decodeEnvelope, encodeEnvelope } from "../../../src/bytes/mod.ts";
import { openPayload, sealPayload } from "../../../src/bytes/payload.ts";
import { ok, same } from "../../contract/assert.ts";
import { seededRandom } from "../../contract/seeded-random.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";

const ROUNDS = 100_000;
const META = { createdAt: 1_763_731_200_123, version: undefined, tags: ["users"] };
const PAYLOAD = sealPayload("key", META, "cbor", cbor.encode({ id: 42, name: "Ada", tags: ["a", "b"] }));
const ENVELOPE = encodeEnvelope({
  ...META,
  value: PAYLOAD,
  freshUntil: 1_763_731_500_123,
  staleUntil: Infinity,
  sequence: 7,
  loadTime: 3,
  codec: "cbor",
  profile: undefined,
});

type Random = () => number;

/** Bytes that are not `whole`: chance bytes, some under the right head, or `whole` with some damage. */
function other(whole: Uint8Array, random: Random): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit);
  const kind = below(5);
  if (kind <= 1) {
    const bytes = Uint8Array.from({ length: below(64) }, () => below(256));
    if (kind === 1) bytes.set(whole.subarray(0, Math.min(bytes.length, 4)));
    return bytes;
  }
  if (kind === 2) return whole.slice(0, below(whole.length));
  const bytes = whole.slice();
  if (kind === 3) {
    const from = below(bytes.length);
    bytes.copyWithin(below(bytes.length), from, from + 1 + below(16));
  } else {
    for (let hits = 1 + below(4); hits > 0; hits--) bytes[below(bytes.length)] = below(256);
  }
  return bytes;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** Reads damaged bytes again and again: never a value, never an error without the right code. */
function attack(whole: Uint8Array, seed: number, read: (bytes: Uint8Array) => unknown): void {
  const random = seededRandom(seed);
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = other(whole, random);
    let value: unknown;
    try {
      value = read(bytes);
    } catch (error) {
      const { code } = error as { code?: unknown };
      // One whose flags say so may be what another program has encrypted.
      if (code !== "CODEC" || whole !== PAYLOAD || !(bytes[3]! & 2)) same(code, "CORRUPT");
      refused++;
      continue;
    }
    ok(isSame(bytes, whole), `damaged bytes were read as ${String(value)}`);
  }
  ok(refused > ROUNDS * 0.95, "most of the bytes must have been damaged");
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("damage", {
  "100,000 damaged payloads are refused": () => attack(PAYLOAD, 1, (bytes) => openPayload("key", META, bytes)),
  "100,000 damaged envelopes are refused": () => attack(ENVELOPE, 2, decodeEnvelope),
  "20,000 forged envelopes with the right checksum throw nothing else": () => {
    const random = seededRandom(3);
    for (let round = 0; round < ROUNDS / 5; round++) {
      const bytes = other(ENVELOPE, random);
      if (bytes.length < 8) continue;
      new DataView(bytes.buffer).setUint32(4, xxHash32(bytes, (bytes[2]! << 8) | bytes[3]!, 8));
      try {
        decodeEnvelope(bytes);
      } catch (error) {
        same((error as { code?: unknown }).code, "CORRUPT");
      }
    }
  },
  "20,000 damaged encodings of cbor throw nothing else": () => {
    const random = seededRandom(4);
    const whole = new Uint8Array(
      cbor.encode([{ a: 1, d: new Date(1.5e12) }, new Map([["k", new Set([1n])]]), new Float32Array(2), -0.5, "é"]),
    );
    for (let round = 0; round < ROUNDS / 5; round++) {
      try {
        cbor.decode(other(whole, random));
      } catch (error) {
        same((error as { code?: unknown }).code, "CORRUPT");
      }
    }
  },
});
