/**
 * Lua: the ledger, a hash that everything else hangs on.
 *
 * | field      | what                                                                                                |
 * | ---------- | --------------------------------------------------------------------------------------------------- |
 * | `epoch`    | id of this life of the cache; entries of another one are misses                                     |
 * | `sequence` | of the last invalidation                                                                            |
 * | `start`    | least sequence that was given out in this epoch                                                     |
 * | `floor`    | above all records of tags that were dropped: a new record begins there                              |
 * | `position` | of the last change in the journal                                                                   |
 * | `first`    | least position of this epoch                                                                        |
 * | `t:` + tag | record of a tag: sequences of its last deletion and expiry, until when entries may have it, rules    |
 *
 * Redis may evict any key, and all of this is one key: it is lost as a whole or not at all. Whoever finds it or the
 * index gone begins a new epoch, and with that every entry of before is a miss. So does who knows of a later change
 * than the ledger does: the store was put back, by a failover or from a backup. Numbers of an epoch begin above the
 * server's clock and above all that the caller was ever given.
 *
 * Each call names what its caller knows: `ARGV` 1 to 6 are operation, time, origin, epoch, sequence and position.
 * Numbers travel as text, as Lua's `tostring` gives 14 digits alone.
 *
 * @module
 */

/** Begins the script. */
export const LEDGER: string = String.raw`
local call, try, ARGV = redis.call, redis.pcall, given
local ledger, index, leases, journal = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local operation, now, origin = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local epoch, sequence, position, start, first, floor
local MARKER, FOREVER = '\0', 9999999999999999

local function digits(number)
  return string.format('%.0f', number)
end

local function failed(reply)
  return type(reply) == 'table' and reply.err
end

-- A key of ours that holds another type is somebody else's doing: it is as good as lost.
local function sound(command, key, ...)
  local reply = try(command, key, ...)
  if failed(reply) and string.find(reply.err, 'WRONGTYPE', 1, true) then
    call('UNLINK', key)
    reply = try(command, key, ...)
  end
  if failed(reply) then error(reply.err, 0) end
  return reply
end

-- In parts, as Lua takes some thousands of arguments.
local function each(command, key, list)
  for i = 1, #list, 2000 do
    call(command, key, unpack(list, i, math.min(i + 1999, #list)))
  end
end

local function unlink(keys)
  for i = 1, #keys, 2000 do
    call('UNLINK', unpack(keys, i, math.min(i + 1999, #keys)))
  end
end

local fields = {}
local function note(field, value)
  fields[#fields + 1] = field
  fields[#fields + 1] = value
end

local function save()
  each('HSET', ledger, fields)
  fields = {}
end

local function renew()
  local time = call('TIME')
  local ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  -- Nineteen characters, which nobody else could have made in the same microsecond.
  epoch = string.sub(origin, -6) .. string.format('%08x%05x', tonumber(time[1]), tonumber(time[2]))
  sequence = math.max(math.ceil(now), ms, tonumber(ARGV[5]) + 1, (sequence or 0) + 1)
  position = math.max(ms * 1000, tonumber(ARGV[6]) + 1, (position or 0) + 1)
  start, floor, first = sequence, sequence, position
  call('UNLINK', ledger, index, leases, journal)
  note('epoch', epoch)
  note('sequence', digits(sequence))
  note('start', digits(start))
  note('floor', digits(floor))
  note('position', digits(position))
  note('first', digits(first))
  save()
  call('ZADD', index, 0, MARKER)
end

-- What a caller was given in another epoch must be below all of this one.
local function rise()
  local knownSequence, knownPosition = tonumber(ARGV[5]), tonumber(ARGV[6])
  if knownSequence >= start then
    sequence = math.max(sequence, knownSequence) + 1
    start, floor = sequence, sequence
    note('sequence', digits(sequence))
    note('start', digits(start))
    note('floor', digits(floor))
  end
  if knownPosition >= first then
    position = math.max(position, knownPosition) + 1
    first = position
    note('position', digits(position))
    note('first', digits(first))
    call('UNLINK', journal)
  end
  save()
end

local function begin(asksIndex)
  local found = sound('HMGET', ledger, 'epoch', 'sequence', 'position', 'start', 'first', 'floor')
  epoch = found[1] and #found[1] == 19 and found[1]
  sequence, position, start = tonumber(found[2] or ''), tonumber(found[3] or ''), tonumber(found[4] or '')
  first, floor = tonumber(found[5] or ''), tonumber(found[6] or '')
  if not (epoch and sequence and position and start and first and floor) then
    return renew()
  end
  if epoch == ARGV[4] then
    if position < tonumber(ARGV[6]) then return renew() end
  elseif ARGV[4] ~= '' then
    rise()
  end
  if asksIndex and not sound('ZSCORE', index, MARKER) then renew() end
end

local function head()
  return epoch .. ' ' .. digits(sequence) .. ' ' .. digits(position)
end

-- Keys begin with what the ledger's name has before "/ledger", and a colon.
local base = string.sub(ledger, 1, -8) .. ':'

local function nameOf(key)
  return string.sub(key, #base + 1)
end
`;
