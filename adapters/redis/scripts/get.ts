/**
 * Lua: reading a batch, with leases.
 *
 * What can be told from a record alone (its epoch, its end, whether it is whole) is left to the reader, so that an
 * entry without tags costs no more than to be sent.
 *
 * @module
 */
import { FEW_LEASES } from "./leases.ts";

/**
 * The reading of plain entries, before all else: the epoch is the one that the caller knows, no entry has a tag, and no lease
 * is asked for, or one for one key that is fresh or has no entry. It takes less than half the time, as none of the functions
 * are made.
 */
export const GET_PLAIN: string = `
if ARGV[1] == 'get' and ARGV[7] == 'v' and ARGV[11] == '0' and ARGV[12] == '0' and #KEYS > 4
  and (ARGV[8] == '0' or #KEYS == 5 and ARGV[10] == '0') then
  local try, leases = redis.pcall, KEYS[3]
  local found = try('HMGET', KEYS[1], 'epoch', 'sequence', 'position')
  if found[1] == ARGV[4] and found[2] and found[3] and tonumber(found[3]) >= tonumber(ARGV[6]) then
    local records = redis.call('MGET', unpack(KEYS, 5))
    local byte, isPlain, missing = string.byte, true, {}
    for i, record in ipairs(records) do
      if not record then missing[#missing + 1] = KEYS[i + 4]
      elseif byte(record, 3) ~= 48 then isPlain = false break end
    end
    isPlain = isPlain and (#missing == 0 or redis.call('EXISTS', unpack(missing)) == 0)
    local given, now = false, tonumber(ARGV[2])
    if isPlain and ARGV[8] ~= '0' then
      if records[1] then
        local function at(from, to) return tonumber(string.sub(records[1], from, to)) end
        local fresh, stale, created = at(10, 25), at(26, 41), at(107, 122)
        given = '0'
        isPlain = string.sub(records[1], 1, 2) == 'T1' and string.sub(records[1], 49, 67) == ARGV[4] and at(68, 83)
          and fresh and stale and created and fresh > now and stale > now
          and (created <= now + 60000 or fresh >= 9999999999999999)
      else
        local name, count = string.sub(KEYS[5], #KEYS[1] - 5), try('HLEN', leases)
        -- Beyond that some are looked at, whether somebody still comes back for them.
        isPlain = type(count) == 'number' and count <= ${FEW_LEASES}
        local held = isPlain and try('HGET', leases, name)
        local till = held and tonumber(string.match(held, ' (%S+)$'))
        given = till and till > now and '0' or '1'
        if isPlain and given == '1' then
          isPlain = type(try('HSET', leases, name, ARGV[9] .. ' ' .. string.format('%.17g', now + ARGV[8]))) == 'number'
        end
      end
    end
    if isPlain then
      return { found[1] .. ' ' .. found[2] .. ' ' .. found[3], '', given, false, records }
    end
  end
end
`;

/**
 * Operation `get`. `ARGV` from 7: `v` for values, `m` for metadata, `s` for states alone; length of leases or 0; their
 * token; `1` to refresh; `1` to look after the index; `1` where replies are text.
 *
 * Answers a character for each key, or nothing where they would all be `1`: `0` a miss, `1` an entry, `2` an entry that
 * a tag has made stale, `w` a miss where there was something else, which is removed; `a` and `b` are `1` and `2` with a
 * payload whose bytes above 127 are escaped as UTF-8, for those who read text alone. Then `1` or `0` for each lease, or
 * nothing; what hindered the leases; and a record or nothing for each key. With `m` there are heads, each followed by
 * the record's length.
 */
export const GET: string = String.raw`
if operation == 'get' then
  local mode, lease, token = ARGV[7], tonumber(ARGV[8]), ARGV[9]
  local refreshes, isText = ARGV[10] == '1', ARGV[12] == '1'
  begin(ARGV[11] == '1')
  local count = #KEYS - 4
  local records, entries, states, missing, isPlain = {}, {}, {}, {}, true
  if mode == 'v' then
    if count > 0 then records = call('MGET', unpack(KEYS, 5)) end
    local byte = string.byte
    for i = 1, count do
      local record = records[i]
      if not record then missing[#missing + 1] = i
      elseif lease > 0 then entries[i] = parse(record)
      elseif byte(record, 3) ~= 48 then entries[i] = parseTags(record) end
    end
  else
    for i = 1, count do
      entries[i], states[i] = peek(KEYS[i + 4])
      if not entries[i] then missing[#missing + 1] = i end
    end
    isPlain = false
  end
  -- What is there and no string is no miss like others.
  if #missing > 0 then
    local keys = {}
    for i, place in ipairs(missing) do keys[i] = KEYS[place + 4] end
    if call('EXISTS', unpack(keys)) > 0 then
      isPlain = false
      for i, place in ipairs(missing) do
        if call('TYPE', keys[i]).ok ~= 'none' then
          states[place] = 'w'
          call('UNLINK', keys[i])
        end
      end
    end
  end
  learnAll(entries)
  local found, free, names, isAsked = {}, {}, {}, {}
  for i = 1, count do
    local entry, state = entries[i], states[i]
    if not state then
      state = '1'
      if entry and (mode ~= 'v' or entry.isOwn) then state = judge(entry)
      elseif mode ~= 'v' then state = '0' end
      states[i] = state
      if state ~= '1' then isPlain = false end
    end
    if mode == 'v' and state == '0' then records[i] = false end
    if mode == 'm' and (state == '1' or state == '2') then
      local key = KEYS[i + 4]
      found[#found + 1] = call('GETRANGE', key, 0, tonumber(call('GETRANGE', key, 3, 8)) - 1)
      found[#found + 1] = call('STRLEN', key)
    elseif mode == 'v' and isText and records[i] then
      local from = tonumber(string.sub(records[i], 4, 9))
      if from and string.find(records[i], '[\128-\255]', from + 1) then
        isPlain = false
        states[i] = state == '2' and 'b' or 'a'
        records[i] = string.sub(records[i], 1, from) .. string.gsub(string.sub(records[i], from + 1), '[\128-\255]',
          function(byte)
            local code = string.byte(byte)
            return code < 192 and '\194' .. byte or '\195' .. string.char(code - 64)
          end)
      end
    end
    local name = nameOf(KEYS[i + 4])
    if lease > 0 and not isAsked[name] and (refreshes or not entry or not isFresh(entry, state)) then
      isAsked[name] = true
      free[#free + 1] = i
      names[#names + 1] = name
    end
  end
  local given, fault = false, false
  if lease > 0 then
    local marked, taken = {}, {}
    for i = 1, count do marked[i] = '0' end
    if #names > 0 then
      local held = sound('HMGET', leases, unpack(names))
      for i, name in ipairs(names) do
        local till = held[i] and tonumber(string.match(held[i], ' (%S+)$'))
        if not till or till <= now then
          taken[#taken + 1] = name
          taken[#taken + 1] = token .. ' ' .. string.format('%.17g', now + lease)
          marked[free[i]] = '1'
        end
      end
    end
    local done = #taken > 0 and try('HSET', leases, unpack(taken))
    fault = failed(done) or false
    given = not fault and table.concat(marked)
    if given and #taken > 0 then tidyLeases(#taken) end
  end
  return { head(), isPlain and '' or table.concat(states), given, fault, mode == 'v' and records or found }
end
`;
