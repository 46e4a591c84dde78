/**
 * Lua: the journal, a list whose last element stands at the ledger's `position`.
 *
 * A record is the origin, a letter and JSON: `k` and keys, `p` and a prefix, `t` and match, mode, sequence, tags.
 *
 * @module
 */

/** Most records. */
export const JOURNAL_RECORDS = 16_384;
/** Most keys in one record. */
const KEYS_PER_RECORD = 64;

/** Most records of others in one look. Who would have to read more is told that anything may have changed. */
const MOST_TOLD = 2_000;

/** Functions that write the journal. */
export const JOURNAL: string = `
local function append(records)
  for i = 1, #records do records[i] = origin .. ' ' .. records[i] end
  sound('RPUSH', journal, unpack(records))
  call('LTRIM', journal, -${JOURNAL_RECORDS}, -1)
  position = position + #records
  note('position', digits(position))
end

local function appendKeys(names)
  if #names == 0 then return end
  local records = {}
  for i = 1, #names, ${KEYS_PER_RECORD} do
    records[#records + 1] = 'k ' .. cjson.encode({ unpack(names, i, math.min(i + ${KEYS_PER_RECORD - 1}, #names)) })
  end
  append(records)
end
`;

/** Operation `journal`: `ARGV[7]` is the position that was reached, or empty. */
export const LOOK: string = `
if operation == 'journal' then
  begin(false)
  local since = tonumber(ARGV[7])
  local length = sound('LLEN', journal)
  local isKnown, told = true, {}
  if since then
    isKnown = since <= position and since >= first and since >= position - length
    local at = length - (position - since)
    while isKnown and at < length do
      local records = call('LRANGE', journal, at, at + 999)
      for _, record in ipairs(records) do
        if string.sub(record, 1, #origin + 1) ~= origin .. ' ' then told[#told + 1] = record end
      end
      isKnown = #told <= ${MOST_TOLD}
      at = at + 1000
    end
  end
  return { head(), isKnown and '1' or '0', isKnown and told or {} }
end
`;
