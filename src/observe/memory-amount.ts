/**
 * Amounts of memory as users write them.
 *
 * @module
 */
import { invalid } from "../errors.ts";

/** Bytes of a megabyte. */
export const MEGABYTE = 1_048_576;

const UNITS: Readonly<Record<string, number>> = { kb: 1_024, mb: MEGABYTE, gb: 1_073_741_824 };

/**
 * The bytes of a text such as `"500mb"`.
 *
 * @throws {ConfigError} naming the option, for any other
 */
export function bytesOf(option: string, amount: unknown, rule: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(kb|mb|gb)$/i.exec(typeof amount === "string" ? amount : "") ?? [];
  if (number === undefined) throw invalid(option, rule, amount);
  return Number(number) * UNITS[unit!.toLowerCase()]!;
}
