/**
 * Lua: the index, a sorted set of the keys of all entries, in the order of their bytes.
 *
 * It has every entry of the epoch: whoever finds it gone begins a new one (see ledger.ts; its marker, a NUL, tells one
 * that was lost and begun anew). Entries that Redis expired or evicted by itself stay in it until somebody finds out:
 * who lists, clears or prunes, and each write, which looks at a few members by chance. So it has at most about as many
 * members again as there are entries.
 *
 * @module
 */

/** Functions over the index. */
export const INDEX: string = String.raw`
-- Members that begin with a prefix, after one of them, and whether there may be more.
local function range(prefix, after, limit)
  local least = after and '(' .. after or prefix == '' and '-' or '[' .. prefix
  -- Texts are UTF-8, which has no byte 255.
  local most = prefix == '' and '+' or '(' .. prefix .. '\255'
  local found = sound('ZRANGEBYLEX', index, least, most, 'LIMIT', 0, limit + 1)
  local members = {}
  for _, member in ipairs(found) do
    if member ~= MARKER and #members < limit then members[#members + 1] = member end
  end
  return members, #found > limit
end

local function enter(names)
  local pairs = {}
  for i, name in ipairs(names) do
    pairs[i * 2 - 1] = 0
    pairs[i * 2] = name
  end
  if #pairs > 0 then each('ZADD', index, pairs) end
end

-- Looks at some members by chance, and removes those that are gone.
local function tidyIndex(count)
  if count == 0 then return end
  local sample, gone = try('ZRANDMEMBER', index, count), {}
  if failed(sample) then return end
  for _, member in ipairs(sample) do
    if member ~= MARKER and call('EXISTS', base .. member) == 0 then gone[#gone + 1] = member end
  end
  each('ZREM', index, gone)
end

local function starts(text, prefix)
  return string.sub(text, 1, #prefix) == prefix
end
`;
