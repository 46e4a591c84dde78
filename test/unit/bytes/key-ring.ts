import { checkRing, keysOf } from "../../../src/bytes/encryption/key-ring.ts";
import { keyRing } from "../../../src/bytes/encryption/mod.ts";
import { equal, ok, rejects, same, throws } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** 32 bytes, each of this number. */
function key(byte: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(32).fill(byte);
}

/** The same bytes in base64. */
const ONES = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const ALL_ONES = "//////////////////////////////////////////8=";

export const tests: TestCase[] = suite("key ring", {
  "takes bytes, base64 of both kinds and keys of Web Crypto, and tells one key from another by its id": async () => {
    const aes = await crypto.subtle.importKey("raw", key(1), "AES-GCM", true, ["encrypt"]);
    const hkdf = await crypto.subtle.importKey("raw", key(1), "HKDF", false, ["deriveBits"]);
    const forms = [key(1), key(1).buffer, ONES, ONES.replace("=", ""), aes, hkdf];
    const ids = await Promise.all(forms.map((current) => keyRing({ current }).ids()));
    equal(
      ids,
      forms.map(() => ["37012308"]),
    );
    const url = ALL_ONES.replaceAll("/", "_").replace("=", "");
    equal(await keyRing({ current: url }).ids(), await keyRing({ current: ALL_ONES }).ids());
    equal(await keyRing({ current: key(255), previous: [key(1), key(255)] }).ids(), [
      (await keyRing({ current: ALL_ONES }).ids())[0],
      "37012308",
    ]);
  },
  "refuses what is no key of 256 bits, without telling it": async () => {
    const short = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt"]);
    const closed = await crypto.subtle.importKey("raw", key(1), "AES-GCM", false, ["encrypt"]);
    const secret = "c2VjcmV0c2VjcmV0";
    const wrong: unknown[] = [
      undefined,
      null,
      "",
      secret,
      `${secret}!`,
      ONES.slice(4),
      "A",
      new Uint8Array(31),
      new Uint8Array(33),
      [1],
      {},
      5,
      short,
      closed,
    ];
    for (const current of wrong) {
      const error = throws(() => keyRing({ current: current as string }), "CONFIG") as Error & { option: string };
      same(error.option, "current");
      ok(!error.message.includes(secret), "must not tell the key");
      same(
        (throws(() => keyRing({ current: key(1), previous: [current as string] }), "CONFIG") as typeof error).option,
        "previous",
      );
    }
    throws(() => keyRing({ current: key(1), previous: key(2) as never }), "CONFIG");
    throws(() => keyRing(undefined as never), "CONFIG");
    throws(() => checkRing({ current: key(1) }), "CONFIG");
    const ring = keyRing({ current: key(1) });
    await rejects(ring.rotate("short"), "CONFIG");
    equal(await ring.ids(), ["37012308"]);
  },
  "shows no key, however it is printed": async () => {
    const ring = keyRing({ current: ONES, previous: [key(2)] });
    await ring.ids();
    for (const text of [
      String(ring),
      JSON.stringify(ring),
      JSON.stringify({ ring }),
      JSON.stringify(Object.entries(ring)),
    ])
      ok(!/AQEB|1,1,1|37012308/.test(text), text);
    same(Object.keys(ring).length, 0);
  },
  "does not change with the bytes that it was given, nor they with it": async () => {
    const bytes = key(1);
    const ring = keyRing({ current: bytes });
    bytes.fill(9);
    equal(await ring.ids(), ["37012308"]);
    equal(bytes, key(9));
  },
  "rotates, adds and drops in one step each": async () => {
    const ring = keyRing({ current: key(1) });
    const before = await keysOf(ring);
    const [first, second, third] = ["37012308", await ring.rotate(key(2)), await ring.add(key(3))];
    equal(await ring.ids(), [second, first, third]);
    // Whoever holds a state goes on with it.
    same(before.current.hex, first);
    same(before.find(before.current.id), before.current);
    equal(await ring.rotate(key(3)), third);
    equal(await ring.ids(), [third, second, first]);
    await rejects(ring.drop(third), "CONFIG");
    // What is no id forgets nothing, and may be a key.
    for (const id of [null, key(2), "x".repeat(43)]) {
      const { message } = await rejects(ring.drop(id as never), "CONFIG");
      ok(!message.includes("xx"), message);
    }
    await ring.drop(second.toUpperCase());
    equal(await ring.ids(), [third, first]);
    await ring.drop();
    equal(await ring.ids(), [third]);
    same((await keysOf(ring)).find(before.current.id), undefined);
    // The key for names stays, whatever becomes of the others.
    same((await keysOf(ring)).names?.hex, first);
  },
  "takes changes in the order of their calls": async () => {
    const ring = keyRing({ current: key(1) });
    const ids = await Promise.all([2, 3, 4].map((byte) => ring.rotate(key(byte))));
    equal(await ring.ids(), [...ids.reverse(), "37012308"]);
  },
  "knows no key for names where there are older keys and nobody has told which": async () => {
    same((await keysOf(keyRing({ current: key(1), previous: [key(2)] }))).names, undefined);
    const named = await keysOf(keyRing({ current: key(1), previous: [key(2)], names: key(2) }));
    same(named.names?.hex, (await keyRing({ current: key(2) }).ids())[0]);
  },
});
