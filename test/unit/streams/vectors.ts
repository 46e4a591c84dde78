import { createCache, memory } from "../../../mod.ts";
import { structured } from "../../../src/bytes/codecs/structured.ts";
import { keyRing } from "../../../src/bytes/encryption/key-ring.ts";
import { MARK, type Manifest } from "../../../src/streams/manifest.ts";
import { streams } from "../../../src/streams/mod.ts";
import { equal, same, suite, type TestCase } from "../../contract/mod.ts";
import { bodyOf, read } from "./tools.ts";

/** A ring of the bytes 0 to 31. */
const ring = () => keyRing({ current: Uint8Array.from({ length: 32 }, (_, i) => i) });
const SALT = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
const KEY_ID = "43f42606";
/** As docs/format.md has it. */
const INFO = '["tiercel stream v1","vectors","","k","43f42606"]';
const HEAD_OF_HELLO = "76bcfe633d4bd39bea1e74c9c0b4ea71b321077e2859fa438105a7db20da5c8e";
const HELLO = "6d19456865a23259153a6fbb2808969b2a8c28c96b";
const HELLO_AS_SECOND = "c0f51b9bc01e6f60c8b954dab5a0dc07f01074146c";
const EMPTY = "25dd5746ed3f358e470f2c0c274a9ce3";

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hex(from: ArrayBuffer): string {
  return Array.from(new Uint8Array(from), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The key of the stream, by HKDF as anybody has it. */
async function streamKey(): Promise<CryptoKey> {
  const raw = Uint8Array.from({ length: 32 }, (_, i) => i);
  const key = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveBits"]);
  const info = new TextEncoder().encode(INFO);
  const derived = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: SALT, info }, key, 256);
  return crypto.subtle.importKey("raw", derived, "AES-GCM", false, ["encrypt"]);
}

function manifest(seal: Partial<Manifest["seal"]>, part: string): Manifest {
  const whole = { key: bytes(KEY_ID), salt: SALT, head: bytes(HEAD_OF_HELLO), ...seal };
  return { [MARK]: 1, count: 1, parts: [bytes(part)], seal: whole };
}

export const tests: TestCase[] = suite("vectors of streams", {
  "what is written by hand is read": async () => {
    const cache = createCache({ name: "vectors", tiers: [memory()] });
    await cache.set("k", manifest({}, HELLO));
    const found = await streams(cache, { encryption: ring() }).get("k");
    equal([found?.size, found?.meta], [5, undefined]);
    equal(await read(found?.body), new TextEncoder().encode("hello"));
    await cache.set("plain", {
      [MARK]: 1,
      count: 1,
      parts: [bytes("616263")],
      head: { size: 3, chunk: 65_536, meta: "m" },
    });
    equal(await bodyOf(streams(cache).get("plain")), bytes("616263"));
  },
  "what is in another place, of another key or not of this format is not": async () => {
    const cache = createCache({ name: "vectors", tiers: [memory()] });
    const files = streams(cache, { encryption: ring() });
    const head = { size: 3, chunk: 65_536 };
    const parts = [bytes("616263")];
    const refused: unknown[] = [
      manifest({}, HELLO_AS_SECOND),
      manifest({}, EMPTY),
      manifest({ key: bytes("43f42607") }, HELLO),
      manifest({ salt: SALT.slice(1) }, HELLO),
      { ...manifest({}, HELLO), count: 2 },
    ];
    for (const value of refused) {
      await cache.set("k", value);
      same(await files.get("k"), undefined);
    }
    const plain: unknown[] = [
      { [MARK]: 2, count: 1, parts, head },
      { [MARK]: 1, count: 1, parts },
      { [MARK]: 1, count: 2, parts, head },
      { [MARK]: 1, count: 1, parts: ["abc"], head },
      { [MARK]: 1, count: 1, parts, head: { size: 4, chunk: 65_536 } },
      { [MARK]: 1, count: 1, parts, head: { size: -1, chunk: 0 } },
      { [MARK]: 1, count: 1, head },
    ];
    for (const value of plain) {
      await cache.set("k", value);
      same(await streams(cache).get("k"), undefined);
    }
  },
  "the same comes of HKDF and AES-GCM by themselves": async () => {
    const key = await streamKey();
    const seal = async (nonce: string, data: Uint8Array): Promise<string> =>
      hex(await crypto.subtle.encrypt({ name: "AES-GCM", iv: bytes(nonce) }, key, data as Uint8Array<ArrayBuffer>));
    const hello = new TextEncoder().encode("hello");
    same(await seal("000000000000000000000001", hello), HELLO);
    same(await seal("000000000000000000000100", hello), HELLO_AS_SECOND);
    same(await seal("000000000000000000000001", new Uint8Array(0)), EMPTY);
    same(await seal("000000000000000000000002", structured.encode({ size: 5, chunk: 1_024 })), HEAD_OF_HELLO);
  },
});
