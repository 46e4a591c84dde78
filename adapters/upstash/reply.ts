/**
 * Replies of the script as one text, which comes through whatever reads and parses it on the way.
 *
 * Upstash sends replies as JSON, where bytes that are no UTF-8 are lost; and its client parses every string in them that
 * happens to be JSON, such as a key `42`, unless its owner has forbidden that. So what the script returns is put into one string
 * of characters up to U+00FF, one for each byte, which is no JSON.
 *
 * | text             | what                       |
 * | ---------------- | -------------------------- |
 * | `*`, count, LF   | a list, and then its parts |
 * | `$`, length, LF  | a string, and then itself  |
 * | `:`, digits, LF  | an integer                 |
 * | `_`, LF          | nothing                    |
 *
 * @module
 */
import { CorruptError } from "../../src/errors.ts";
import type { Reply } from "../redis/link.ts";

/** Lua: `packed(reply)`. */
export const PACK: string = String.raw`
local out, escapes = {}, nil
local function escaped(text)
  if not string.find(text, '[\128-\255]') then return text end
  if not escapes then
    escapes = {}
    for code = 128, 255 do
      escapes[string.char(code)] = (code < 192 and '\194' or '\195') .. string.char(code < 192 and code or code - 64)
    end
  end
  return (string.gsub(text, '[\128-\255]', escapes))
end

local function put(part)
  local kind = type(part)
  if kind == 'table' then
    out[#out + 1] = '*' .. #part .. '\n'
    for i = 1, #part do put(part[i]) end
  elseif kind == 'string' then
    out[#out + 1] = '$' .. #part .. '\n'
    out[#out + 1] = escaped(part)
  elseif kind == 'number' then out[#out + 1] = string.format(':%.0f\n', part)
  else out[#out + 1] = '_\n' end
end

local function packed(reply)
  put(reply)
  return table.concat(out)
end
`;

/**
 * The reply in a packed text.
 *
 * @throws {CorruptError} when it is anything else
 */
export function unpack(packed: unknown): Reply {
  if (typeof packed !== "string") throw garbled();
  let at = 0;
  const number = (): number => {
    const end = packed.indexOf("\n", at);
    const digits = packed.slice(at, Math.max(end, at));
    if (!/^-?\d{1,16}$/.test(digits)) throw garbled();
    at = end + 1;
    return Number(digits);
  };
  const part = (): Reply => {
    const kind = packed[at++];
    if (kind === "*") {
      const parts: Reply[] = [];
      for (let left = number(); left > 0; left--) parts.push(part());
      return parts;
    }
    if (kind === "$") {
      const length = number();
      const text = packed.slice(at, (at += length));
      if (text.length !== length) throw garbled();
      return bytesIfNotAscii(text);
    }
    if (kind === ":") return number();
    if (kind !== "_" || packed[at++] !== "\n") throw garbled();
    return null;
  };
  const reply = part();
  if (at !== packed.length) throw garbled();
  return reply;
}

/** A string as it is where it is ASCII, which is the same in bytes. */
function bytesIfNotAscii(text: string): string | Uint8Array {
  let most = 0;
  for (let index = 0; index < text.length; index++) most |= text.charCodeAt(index);
  if (most < 0x80) return text;
  if (most > 0xff) throw garbled();
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

function garbled(): CorruptError {
  return new CorruptError("Cannot read answer of Upstash as it must be a reply of the script: received another");
}
