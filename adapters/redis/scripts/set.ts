/**
 * Lua: writing a batch.
 *
 * @module
 */

/**
 * Operation `set`. `ARGV[7]` is how many members of the index to look at for each that is written, `ARGV[8]` the most
 * records of tags; then six for each key: the head up to the epoch, time to live or empty, sequence or empty, lease or
 * empty, the rest of the head, payload.
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
  tidyIndex(math.min(#order * tonumber(ARGV[7]), 300))
  return { head(), table.concat(refused) }
end
`;
