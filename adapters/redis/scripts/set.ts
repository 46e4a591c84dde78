/**
 * Lua: writing a batch.
 *
 * @module
 */
import { JOURNAL_RECORDS } from "./journal.ts";

/** So many records more than it may have, and the journal is cut off. */
const SLACK = 64;

/** Up to so many tags an entry is written by `put`. */
export const FEW_TAGS = 16;

/**
 * Operation `put`, before all else: one entry with few tags, of which there are records. `ARGV[1]` has, with spaces between
 * them, the operation, the other five that every call has, the most records of tags, time to live, sequence and lease, each
 * `-` for none, the head up to the epoch (48 bytes), and the rest of the head to the end; `ARGV[2]` is the payload. Few
 * arguments, and none of the functions: so it takes a third of the time of `set`, which does it again where something is not
 * as it should be, or as it mostly is.
 */
export const PUT: string = `
local given = ARGV
if string.sub(ARGV[1], 1, 4) == 'put ' then
  local now, origin, epoch, sequence, position, most, left, number, lease, at = string.match(ARGV[1],
    '^put (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) ()')
  local before, after = string.sub(ARGV[1], at, at + 47), string.sub(ARGV[1], at + 48)
  local try, ledger, index, leases, key = redis.pcall, KEYS[1], KEYS[2], KEYS[3], KEYS[5]
  local function isDone(reply) return type(reply) ~= 'table' or not reply.err end
  local fields = { 'epoch', 'sequence', 'position', 'start' }
  if string.byte(before, 3) ~= 48 then
    for tag in string.gmatch(string.sub(after, 31, 30 + string.sub(after, 25, 30)), '(%Z*)%z') do
      fields[#fields + 1] = 't:' .. tag
    end
  end
  local found = try('HMGET', ledger, unpack(fields))
  local changes = {}
  local isSound = found[1] == epoch and found[2] and found[3] and found[4] and tonumber(found[3]) >= tonumber(position)
  if isSound and #fields > 4 then
    local made, stale = tonumber(number), tonumber(string.sub(before, 26, 41))
    isSound = not made or made <= tonumber(found[2]) and made >= tonumber(found[4])
    for i = 5, #fields do
      local deleted, expired, till, rest = string.match(found[i] or '', '^(%d+) (%d+) (%S+)(.*)$')
      local time = tonumber(till or '')
      isSound = isSound and time and (rest == '' or not made and string.byte(rest) == 10)
        and (not made or tonumber(deleted) <= made)
      if not isSound then break end
      if time < stale then
        changes[#changes + 1] = fields[i]
        changes[#changes + 1] = deleted .. ' ' .. expired .. ' ' .. string.format('%.17g', stale) .. rest
      end
    end
  end
  if isSound then
    -- Twice, so that the sum tells which of them there are.
    local there, name = redis.call('EXISTS', index, index, leases), string.sub(key, #ledger - 5)
    isSound = there > 1
    if isSound and lease ~= '-' then
      local held = there == 3 and lease ~= '0' and try('HGET', leases, name)
      isSound = isDone(held)
      if isSound and not (held and string.match(held, '^%S+') == lease) then
        return { epoch .. ' ' .. found[2] .. ' ' .. found[3], '1' }
      end
    end
    if isSound and there == 3 then isSound = isDone(try('HDEL', leases, name)) end
    if isSound and isDone(try('ZADD', index, 0, name)) then
      local made = number ~= '-' and number or string.format('%016.0f', found[2])
      local record = before .. epoch .. made .. made .. after .. ARGV[2]
      if left == '-' then redis.call('SET', key, record) else redis.call('SET', key, record, 'PX', left) end
      local length = try('RPUSH', KEYS[4], origin .. ' k ' .. cjson.encode({ name }))
      if isDone(length) then
        if length > ${JOURNAL_RECORDS + SLACK} then redis.call('LTRIM', KEYS[4], -${JOURNAL_RECORDS}, -1) end
        local reached = string.format('%.0f', found[3] + 1)
        redis.call('HSET', ledger, 'position', reached, unpack(changes))
        return { epoch .. ' ' .. found[2] .. ' ' .. reached }
      end
    end
  end
  local function some(text) return text ~= '-' and text or '' end
  given = { 'set', now, origin, epoch, sequence, position, '0', most,
    before, some(left), some(number), some(lease), after, ARGV[2] }
end
`;

/**
 * Operation `set`. `ARGV[7]` is how many members of the index to look at, `ARGV[8]` the most records of tags; then six
 * for each key: the head up to the epoch, time to live or empty, sequence or empty, lease or empty, the rest of the head,
 * payload.
 *
 * Answers `1` for each write that was refused, `0` for the others.
 */
export const SET: string = `
if operation == 'set' then
  begin(true)
  local hasLeases = sound('HLEN', leases) > 0
  local entries, records, refused, made = {}, {}, {}, 0
  for i = 5, #KEYS do
    local at = 9 + (i - 5) * 6
    local number = ARGV[at + 2] ~= '' and ARGV[at + 2] or string.format('%016.0f', sequence)
    records[i] = ARGV[at] .. epoch .. number .. number .. ARGV[at + 4] .. ARGV[at + 5]
    entries[i] = parse(records[i])
  end
  learnAll(entries)
  local isThere, order = {}, {}
  for i = 5, #KEYS do
    local at = 9 + (i - 5) * 6
    local name, entry, lease = nameOf(KEYS[i]), entries[i], ARGV[at + 3]
    if lease ~= '' and not (hasLeases and lease ~= '0' and holds(name, lease)) then
      refused[#refused + 1] = '1'
    else
      refused[#refused + 1] = '0'
      if hasLeases then call('HDEL', leases, name) end
      for _, tag in ipairs(entry.tags) do
        if not marks[tag] then
          marks[tag] = { deleted = floor, expired = 0, till = 0, rules = {} }
          made = made + 1
        end
      end
      -- One from before this epoch, or of no sequence that there was, is over as soon as it comes.
      local isLive = entry.made <= sequence and judge(entry) ~= '0'
      if #entry.tags == 0 then isLive = entry.stale > now end
      if isLive then
        keep(entry.tags, entry.stale)
        if ARGV[at + 1] == '' then call('SET', KEYS[i], records[i])
        else call('SET', KEYS[i], records[i], 'PX', ARGV[at + 1]) end
      else
        call('UNLINK', KEYS[i])
      end
      if isThere[name] == nil then order[#order + 1] = name end
      isThere[name] = isLive
    end
  end
  local live, dead = {}, {}
  for _, name in ipairs(order) do
    local list = isThere[name] and live or dead
    list[#list + 1] = name
  end
  enter(live)
  each('ZREM', index, dead)
  appendKeys(order)
  if made > 0 then tidyTags(math.min(made * 3, 300), tonumber(ARGV[8])) end
  save()
  tidyIndex(tonumber(ARGV[7]))
  return { head(), table.concat(refused) }
end
`;
