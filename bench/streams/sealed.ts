/**
 * Encrypted streams beside what Web Crypto does by itself with chunks of the same size: `node bench/streams/sealed.ts`.
 *
 * Streams are kept in memory, so that no store is measured; so they are copied as well.
 */
import { createCache, memory } from "../../mod.ts";
import { keyRing } from "../../src/bytes/encryption/key-ring.ts";
import { streams } from "../../src/streams/mod.ts";

const CHUNK = 65_536;
const BYTES = 16 * 1_048_576;
const ROUNDS = 20;

const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
const piece = crypto.getRandomValues(new Uint8Array(CHUNK));
const iv = new Uint8Array(12);

/** MiB per second. */
async function rate(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return BYTES / 1_048_576 / ((performance.now() - begun) / 1_000);
}

/** Web Crypto alone, with so many calls in flight. */
async function alone(call: () => Promise<unknown>, inFlight: number): Promise<void> {
  let left = BYTES / CHUNK;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await call();
    }),
  );
}

async function* source(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < BYTES; at += CHUNK) yield piece;
}

const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, piece);
const encrypt = () => crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, piece);
const decrypt = () => crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
const files = streams(createCache({ tiers: [memory()] }), {
  chunkBytes: CHUNK,
  maxBytes: BYTES,
  encryption: keyRing({ current: crypto.getRandomValues(new Uint8Array(32)) }),
});
const set = () => files.set("k", source());
const get = async () => {
  const reader = (await files.get("k"))!.body.getReader();
  while (!(await reader.read()).done);
};

/** What takes turns, so that whatever else the machine does meets all alike. */
const turns: readonly [name: string, work: () => Promise<unknown>][] = [
  ["Web Crypto, encrypting, one call in flight", () => alone(encrypt, 1)],
  ["Web Crypto, encrypting, four in flight", () => alone(encrypt, 4)],
  ["a stream written", set],
  ["Web Crypto, decrypting, one call in flight", () => alone(decrypt, 1)],
  ["Web Crypto, decrypting, four in flight", () => alone(decrypt, 4)],
  ["a stream read", get],
];
const rates: number[][] = turns.map(() => []);
for (let round = 0; round < ROUNDS; round++)
  for (const [i, [, work]] of turns.entries()) rates[i]!.push(await rate(work));
const medians = rates.map((all) => all.slice(2).sort((a, b) => a - b)[Math.floor((ROUNDS - 2) / 2)]!);
for (const [i, [name]] of turns.entries()) console.log(`${name.padEnd(46)}${medians[i]!.toFixed(0).padStart(6)} MiB/s`);
const [one, four, written, oneBack, fourBack, read] = medians as [number, number, number, number, number, number];
const ratio = (mine: number, other: number): string => (mine / other).toFixed(2);
console.log(`written: ${ratio(written, one)} of one call in flight, ${ratio(written, four)} of four`);
console.log(`read: ${ratio(read, oneBack)} of one call in flight, ${ratio(read, fourBack)} of four`);
