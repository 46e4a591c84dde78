/**
 * Lua: invalidating by tags.
 *
 * @module
 */

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
