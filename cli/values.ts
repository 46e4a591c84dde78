/**
 * Values as text and bytes: what comes in, and how it is shown.
 *
 * @module
 */
import { usage } from "./failure.ts";

/** How a value is given. */
export interface Reading {
  readonly json: boolean;
  readonly raw: boolean;
}

const STRICT = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The value of what was given: JSON with `json`, bytes with `raw`, else text.
 *
 * @throws {Failure} for broken JSON, and for bytes that are no UTF-8
 */
export function readValue(given: string | Uint8Array, { json, raw }: Reading): unknown {
  if (raw) return typeof given === "string" ? new TextEncoder().encode(given) : Uint8Array.from(given);
  const text = typeof given === "string" ? given : textOf(given);
  return json ? parseJson(text, "value") : text;
}

function textOf(bytes: Uint8Array): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    throw usage("Cannot read value as text must be UTF-8: received other bytes", "use --raw for bytes");
  }
}

/** @throws {Failure} for what is no JSON, telling where */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = /(?:at )?position \d+(?: \(line \d+ column \d+\))?/.exec(String((error as Error).message))?.[0] ?? "";
    throw usage(`Cannot read ${what} as it must be JSON: broken${place === "" ? "" : ` ${place}`}`);
  }
}

/** Bytes of any view, or `undefined` for what are no plain bytes. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

/** A value as `--raw` puts it out: bytes as they are, text as UTF-8, all else as JSON. */
export function rawOf(value: unknown): Uint8Array | string {
  return bytesOf(value) ?? (typeof value === "string" ? value : JSON.stringify(portable(value)));
}

/** A value for people. */
export function humanOf(value: unknown): string {
  if (typeof value === "string") return value;
  const bytes = bytesOf(value);
  if (bytes) {
    const shown = Array.from(bytes.subarray(0, 32), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return `<${bytes.length} bytes: ${shown}${bytes.length > 32 ? " …" : ""}>`;
  }
  return JSON.stringify(portable(value), undefined, 2);
}

/** One line of at most so many characters. */
export function shortOf(value: unknown, most: number): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : value instanceof Uint8Array
        ? humanOf(value)
        : JSON.stringify(portable(value));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/**
 * A value as JSON can say it. What JSON has no form for is an object with one name that begins with `$`; an object of that look gets
 * one more `$`. Cycles are `{"$cycle":true}`.
 */
export function portable(value: unknown, above: readonly object[] = []): unknown {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) return { $cycle: true };
  const path = [...above, value];
  const inner = (one: unknown): unknown => portable(one, path);
  if (Array.isArray(value)) return Array.from(value, inner);
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  const bytes = bytesOf(value);
  if (bytes) return { $bytes: base64(bytes) };
  if (ArrayBuffer.isView(value))
    return {
      $view: value.constructor.name,
      data: base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)),
    };
  if (value instanceof Map) return { $map: [...value].map(([key, one]) => [inner(key), inner(one)]) };
  if (value instanceof Set) return { $set: [...value].map(inner) };
  if (value instanceof RegExp) return { $regexp: String(value) };
  if (value instanceof Error) return { $error: { name: value.name, message: value.message } };
  const names = Object.keys(value);
  const isMistakable = names.length > 0 && names.length <= 2 && names[0]!.startsWith("$");
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [isMistakable && name.startsWith("$") ? `$${name}` : name, inner(one)]),
  );
}

/** Standard base64 of bytes. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}

/** @throws {Failure} for what is no base64 */
export function fromBase64(text: string, what: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw usage(`Cannot read ${what} as it must be base64`);
  }
}
