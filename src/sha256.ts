/**
 * SHA-256, for keys that are too long. Web Crypto has it too, but only as a promise, and a key is needed at once.
 *
 * @module
 */

const ROUNDS: Uint32Array = /* @__PURE__ */ fractions(64, 1 / 3);
const START: Uint32Array = /* @__PURE__ */ fractions(8, 1 / 2);

/** First 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4 sections 4.2.2 and 5.3.3). */
function fractions(count: number, power: number): Uint32Array {
  const words = new Uint32Array(count);
  for (let candidate = 2, found = 0; found < count; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) prime = false;
    if (prime) words[found++] = (candidate ** power % 1) * 0x1_0000_0000;
  }
  return words;
}

/** SHA-256 of bytes, as 64 hexadecimal digits (FIPS 180-4 section 6.2). */
export function sha256(message: Uint8Array): string {
  const padded = new Uint8Array(((message.length + 72) >> 6) << 6);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(message.length / 0x2000_0000));
  view.setUint32(padded.length - 4, message.length << 3);

  const state = START.slice();
  const w = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let t = 0; t < 16; t++) w[t] = view.getUint32(block + t * 4);
    for (let t = 16; t < 64; t++) {
      const a = w[t - 15]!;
      const b = w[t - 2]!;
      const small0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
      const small1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
      w[t] = w[t - 16]! + small0 + w[t - 7]! + small1;
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
    for (let t = 0; t < 64; t++) {
      const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + big1 + ((e & f) ^ (~e & g)) + ROUNDS[t]! + w[t]!) | 0;
      const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, index) => {
      state[index] = state[index]! + word;
    });
  }
  return [...state].map((word) => word.toString(16).padStart(8, "0")).join("");
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
