/**
 * Replies that would be too large, in parts: the script leaves out the records that there is no room for and names their
 * keys, which are asked for again. A journal that does not fit is told as one that is not known any more.
 *
 * Leases are given out by the first call, for all keys. Those that stand in later parts belong to entries that are as old.
 *
 * @module
 */
import { type Argument, partsOf, type RedisLink, type Reply, textOf } from "../redis/link.ts";

/** How the script is run. */
export type Run = RedisLink["run"];

/** Of the arguments of `get`, see ../redis/scripts/get.ts. */
const MODE = 6;
const LEASE = 7;
const REFRESH = 9;
const IS_TEXT = 11;

/** The cache's own keys, which come before those of entries. */
const OWN_KEYS = 4;

/**
 * Lua: `trimmed(reply)`. The room for records is the last of `ARGV`. A trimmed reply of `get` has one part more: the places of keys
 * to ask for again, and of those whose records are never to fit.
 */
export const TRIM: string = String.raw`
local function sizeOf(text)
  return (string.find(text, '[\128-\255]') and 2 or 1) * #text + 12
end

local function trimmedGet(reply)
  local most, states, isWhole = tonumber(ARGV[#ARGV]), reply[2], ARGV[7] == 'v'
  local room, at, marks, kept, later, never = most, 1, {}, {}, {}, {}
  for i = 1, #KEYS - 4 do
    local mark, record = states == '' and '1' or string.sub(states, i, i), nil
    if isWhole then record = reply[5][i] or false
    elseif mark == '1' or mark == '2' then
      record = reply[5][at]
      at = at + 2
    end
    local size = record and sizeOf(record) or 0
    if size > room then
      local places = size > most and never or later
      places[#places + 1] = i
      marks[i] = '0'
      if isWhole then kept[#kept + 1] = false end
    else
      room = room - size
      marks[i] = mark
      if record ~= nil then kept[#kept + 1] = record end
      if record and not isWhole then kept[#kept + 1] = reply[5][at - 1] end
    end
  end
  if #later + #never == 0 then return reply end
  return { reply[1], table.concat(marks), reply[3], reply[4], kept, { later, never } }
end

local function trimmed(reply)
  if ARGV[1] == 'get' and ARGV[7] ~= 's' then return trimmedGet(reply) end
  if ARGV[1] ~= 'journal' then return reply end
  local size = 0
  for _, record in ipairs(reply[3]) do size = size + sizeOf(record) end
  return size > tonumber(ARGV[#ARGV]) and { reply[1], '0', {} } or reply
end
`;

/**
 * Runs the script so that no reply has more records than there is room for.
 *
 * @param most bytes of records
 * @param tooLarge is told of keys whose record never fits: they are misses
 */
export function paged(run: Run, most: number, tooLarge: (keys: readonly string[]) => void): Run {
  const ask: Run = async (keys, args) => {
    if (args[0] === "journal") return run(keys, [...args, String(most)]);
    if (args[0] !== "get" || args[MODE] === "s") return run(keys, args);
    const reply = await run(keys, [...changed(args, IS_TEXT, "0"), String(most)]);
    const [head, states, given, fault, records, left] = partsOf(reply) as Reply[];
    if (left === undefined) return reply;
    const [later, never] = partsOf(left).map(places) as [number[], number[]];
    const some = (chosen: readonly number[]) => [
      ...keys.slice(0, OWN_KEYS),
      ...chosen.map((place) => keys[OWN_KEYS + place]!),
    ];
    const whole = slots(textOf(states), partsOf(records), keys.length - OWN_KEYS, args[MODE]);
    if (later.length > 0) {
      const [, itsStates, , , itsRecords] = partsOf(await ask(some(later), changed(args, LEASE, "0")));
      const its = slots(textOf(itsStates), partsOf(itsRecords), later.length, args[MODE]);
      for (const [at, place] of later.entries()) whole[place] = its[at]!;
    }
    const leases = [...textOf(given)];
    if (never.length > 0) {
      tooLarge(some(never).slice(OWN_KEYS));
      if (leases.length > 0) {
        // Who cannot read an entry may load it, although it is fresh.
        const asked = changed(changed(args, MODE, "s"), REFRESH, "1");
        const [, , itsGiven] = partsOf(await run(some(never), asked));
        for (const [at, place] of never.entries()) if (textOf(itsGiven)[at] === "1") leases[place] = "1";
      }
    }
    const marks = whole.map(({ state }) => state).join("");
    return [head!, marks, given === null ? null : leases.join(""), fault!, whole.flatMap(({ parts }) => parts)];
  };
  return ask;
}

/** What a reply has for one key. */
interface Slot {
  readonly state: string;
  readonly parts: readonly Reply[];
}

function slots(states: string, records: readonly Reply[], count: number, mode: Argument | undefined): Slot[] {
  let next = 0;
  return Array.from({ length: count }, (_, index) => {
    const state = states === "" ? "1" : states[index]!;
    const length = mode === "v" ? 1 : state === "1" || state === "2" ? 2 : 0;
    return { state, parts: records.slice(next, (next += length)) };
  });
}

/** Places of keys, from 0. */
function places(reply: Reply): number[] {
  return partsOf(reply).map((place) => Number(place) - 1);
}

function changed(args: readonly Argument[], index: number, value: string): Argument[] {
  return args.map((argument, at) => (at === index ? value : argument));
}
