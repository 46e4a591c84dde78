/**
 * Lua: invalidating by tags.
 *
 * @module
 */
import { JOURNAL_RECORDS } from "./journal.ts";

/** Up to so many tags are invalidated in short. */
const FEW = 16;

/**
 * The invalidation of a few tags that have records, by any of them, before all else: the epoch is the one that the caller
 * knows. It takes a third of the time, as none of the functions are made. Rules stay as they are.
 */
export const INVALIDATE_PLAIN: string = `
if ARGV[1] == 'invalidate' and ARGV[8] == 'any' and #ARGV > 10 and #ARGV <= ${10 + FEW} then
  local try, now = redis.pcall, tonumber(ARGV[2])
  local fields = { 'epoch', 'sequence', 'position' }
  for i = 11, #ARGV do fields[i - 7] = 't:' .. ARGV[i] end
  local found = try('HMGET', KEYS[1], unpack(fields))
  if found[1] == ARGV[4] and found[2] and found[3] and tonumber(found[3]) >= tonumber(ARGV[6]) then
    local sequence = string.format('%.0f', math.max(found[2] + 1, math.ceil(now), ARGV[7] + 1))
    local position = string.format('%.0f', found[3] + 1)
    local changes, told = { 'sequence', sequence, 'position', position }, { 'any', ARGV[9], sequence }
    for i = 11, #ARGV do
      local deleted, expired, till, rest = string.match(found[i - 7] or '', '^(%d+) (%d+) (%S+)(.*)$')
      local time = tonumber(till or '')
      if not time or rest ~= '' and string.byte(rest) ~= 10 then changes = nil break end
      if ARGV[9] == 'delete' then deleted = sequence else expired = sequence end
      if time < now then till = string.format('%.17g', now) end
      changes[#changes + 1] = fields[i - 7]
      changes[#changes + 1] = deleted .. ' ' .. expired .. ' ' .. till .. rest
      told[#told + 1] = ARGV[i]
    end
    local length = changes and try('RPUSH', KEYS[4], ARGV[3] .. ' t ' .. cjson.encode(told))
    if length and not (type(length) == 'table' and length.err) then
      if length > ${JOURNAL_RECORDS} then redis.call('LTRIM', KEYS[4], -${JOURNAL_RECORDS}, -1) end
      redis.call('HSET', KEYS[1], unpack(changes))
      return { found[1] .. ' ' .. sequence .. ' ' .. position }
    end
  end
end
`;

/**
 * Operation `invalidate`. `ARGV` from 7: what the sequence must be above, match, mode, the most records of tags, and
 * the tags, sorted, each once. Only the records of tags are written; entries are not looked for.
 */
export const INVALIDATE: string = `
if operation == 'invalidate' then
  begin(false)
  local match, isDeletion = ARGV[8], ARGV[9] == 'delete'
  sequence = math.max(sequence + 1, math.ceil(now), tonumber(ARGV[7]) + 1)
  note('sequence', digits(sequence))
  local tags, told, made = {}, { match, ARGV[9], digits(sequence) }, 0
  for i = 11, #ARGV do
    tags[#tags + 1] = ARGV[i]
    told[#told + 1] = ARGV[i]
  end
  if #tags == 1 and match == 'all' then match = 'any' end
  local hit = match == 'any' and tags or { tags[1] }
  learn(hit)
  for _, tag in ipairs(hit) do
    if not marks[tag] then
      marks[tag] = { deleted = floor, expired = 0, till = now, rules = {} }
      made = made + 1
    end
    local mark = marks[tag]
    mark.till = math.max(mark.till, now)
    if match ~= 'any' then addRule(tags, match == 'exact', isDeletion)
    elseif isDeletion then mark.deleted = sequence
    else mark.expired = sequence end
    writeMark(tag)
  end
  append({ 't ' .. cjson.encode(told) })
  if made > 0 then tidyTags(math.min(made * 3, 300), tonumber(ARGV[10])) end
  save()
  return { head() }
end
`;
