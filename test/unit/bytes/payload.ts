import type { SealedMeta } from "../../../src/bytes/payload.ts";
import { openPayload, sealPayload } from "../../../src/bytes/payload.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";

const KEY = "app:user:42";
const META: SealedMeta = { createdAt: 1_763_731_200_123, version: "v2", tags: ["tenant:acme", "users"] };
const BODY = Uint8Array.from({ length: 40 }, (_, index) => index * 7);

export const tests: TestCase[] = suite("payload", {
  "opens what was sealed": () => {
    for (const codec of ["cbor", "a", "x-0123456789-0123456789-012345-z"]) {
      const { codec: id, body } = openPayload(KEY, META, sealPayload(KEY, META, codec, BODY));
      same(id, codec);
      equal(body, BODY);
    }
  },
  "opens an empty body": () => {
    same(openPayload(KEY, META, sealPayload(KEY, META, "cbor", new Uint8Array(0))).body.length, 0);
  },
  "has the layout that docs/format.md tells": () => {
    const payload = sealPayload(KEY, META, "cbor", BODY);
    equal([...payload.subarray(0, 4)], [0xfe, 0x54, 1, 0]);
    equal([...payload.subarray(8, 13)], [4, ...new TextEncoder().encode("cbor")]);
    equal(payload.slice(13), BODY);
    // Whoever changes this changes the format: stored payloads become misses.
    same(new DataView(payload.buffer).getUint32(4), 1852144);
  },
  "copies what it seals and views what it opens": () => {
    const body = BODY.slice();
    const payload = sealPayload(KEY, META, "cbor", body);
    body.fill(0);
    const opened = openPayload(KEY, META, payload);
    equal(opened.body, BODY);
    same(opened.body.buffer, payload.buffer);
  },
  "opens a payload at an odd place of a larger buffer and of another class": () => {
    class Bytes extends Uint8Array {}
    const payload = sealPayload(KEY, META, "cbor", BODY);
    const larger = new Bytes(payload.length + 10);
    larger.set(payload, 7);
    const { body } = openPayload(KEY, META, larger.subarray(7, 7 + payload.length));
    equal(body, BODY);
    same(Object.getPrototypeOf(body), Uint8Array.prototype);
  },
  "refuses every flipped bit": () => {
    const payload = sealPayload(KEY, META, "cbor", BODY);
    for (let bit = 0; bit < payload.length * 8; bit++) {
      const damaged = payload.slice();
      damaged[bit >> 3] = payload[bit >> 3]! ^ (1 << (bit & 7));
      throws(() => openPayload(KEY, META, damaged), "CORRUPT");
    }
  },
  "refuses every cut and every byte too many": () => {
    const payload = sealPayload(KEY, META, "cbor", BODY);
    for (let length = 0; length < payload.length; length++) {
      throws(() => openPayload(KEY, META, payload.slice(0, length)), "CORRUPT");
    }
    for (const extra of [0, 1, 255])
      throws(() => openPayload(KEY, META, Uint8Array.from([...payload, extra])), "CORRUPT");
  },
  "refuses a payload that was moved to another key": () => {
    const payload = sealPayload(KEY, META, "cbor", BODY);
    for (const key of [
      "",
      "app:user:43",
      "app:user:4",
      "app:user:421",
      "App:user:42",
      "xapp:user:42",
      "app:user:42\0",
      "ap:puser:42",
    ]) {
      throws(() => openPayload(key, META, payload), "CORRUPT");
    }
  },
  "refuses a payload with the metadata of another": () => {
    const payload = sealPayload(KEY, META, "cbor", BODY);
    const others: Partial<SealedMeta>[] = [
      { createdAt: META.createdAt + 1 },
      { createdAt: META.createdAt + 2 ** 32 },
      { createdAt: -META.createdAt },
      { createdAt: 0 },
      { version: undefined },
      { version: "" },
      { version: "v3" },
      { tags: [] },
      { tags: ["users"] },
      { tags: ["tenant:acme", "users", "x"] },
      { tags: ["tenant:acme", "users", "users"] },
      { tags: ["tenant:acmeusers"] },
      { tags: ["tenant:acmeu", "sers"] },
    ];
    for (const other of others) throws(() => openPayload(KEY, { ...META, ...other }, payload), "CORRUPT");
  },
  "takes the tags back in another order": () => {
    const payload = sealPayload(KEY, META, "cbor", BODY);
    equal(openPayload(KEY, { ...META, tags: [...META.tags].reverse() }, payload).body, BODY);
  },
  "tells a version that is empty from one that is not there": () => {
    const without = { ...META, version: undefined };
    throws(() => openPayload(KEY, { ...META, version: "" }, sealPayload(KEY, without, "cbor", BODY)), "CORRUPT");
    throws(() => openPayload(KEY, without, sealPayload(KEY, { ...META, version: "" }, "cbor", BODY)), "CORRUPT");
  },
  "refuses a codec id of a wrong length even with the right checksum": () => {
    for (const id of ["", "x".repeat(33)]) {
      throws(() => openPayload(KEY, META, sealPayload(KEY, META, id, BODY)), "CORRUPT");
    }
  },
  "refuses what other programs store": () => {
    for (const text of ["", "null", '{"value":1}', "�T\u0001", 'O:8:"stdClass":0:{}']) {
      throws(() => openPayload(KEY, META, new TextEncoder().encode(text)), "CORRUPT");
    }
  },
  "says what is wrong without telling the bytes": () => {
    const unknown = sealPayload(KEY, META, "cbor", BODY);
    unknown[2] = 9;
    ok(throws(() => openPayload(KEY, META, unknown), "CORRUPT").message.includes("version must be 1: received 9"));
    unknown[2] = 1;
    unknown[3] = 4;
    ok(throws(() => openPayload(KEY, META, unknown), "CORRUPT").message.includes("flags"));
  },
});
