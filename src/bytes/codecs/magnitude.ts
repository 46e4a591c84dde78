/**
 * Large integers of their bytes.
 *
 * @module
 */

/** The bytes as one unsigned integer, the highest first. By hexadecimal digits, which engines read in linear time; adding up takes quadratic. */
export function magnitude(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const digits = new Uint8Array(2 + bytes.length * 2);
  digits[0] = 0x30;
  digits[1] = 0x78;
  for (let index = 0, at = 2; index < bytes.length; index++) {
    const byte = bytes[index]!;
    digits[at++] = digit(byte >> 4);
    digits[at++] = digit(byte & 0xf);
  }
  return BigInt(new TextDecoder().decode(digits));
}

/** The character of a hexadecimal digit. */
function digit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value;
}
