/**
 * Lua: going through the index: listing, counting, clearing, pruning.
 *
 * The keys that are found are those of entries which the script was not told of. In a cluster such keys may be on their
 * way to another node without the script being told, so there it only names them (`walks` is `0`), and is called again
 * with them as `KEYS`, which the cluster checks.
 *
 * @module
 */

/**
 * Operation `scan`. `ARGV` from 7: prefix, `1` with a cursor, cursor, limit, `k` for keys or `n` for their number, `1`
 * to list those that somebody loads as well, walks. Answers the cursor or nothing, the number, the keys, and if it does
 * not walk the members, which are to be looked at.
 */
export const SCAN: string = `
if operation == 'scan' then
  begin(true)
  local prefix, after, limit = ARGV[7], ARGV[8] == '1' and ARGV[9], tonumber(ARGV[10])
  local listed, count, gone = {}, 0, {}
  -- Before the entries, as what was loaded meanwhile is found among these.
  if ARGV[12] == '1' then
    for _, name in ipairs(sound('HKEYS', leases)) do
      if starts(name, prefix) then listed[#listed + 1] = name end
    end
  end
  local members, hasMore = range(prefix, after, limit)
  if ARGV[13] == '1' then
    local entries = {}
    for i, member in ipairs(members) do
      entries[i] = peek(base .. member) or false
      if not entries[i] then gone[#gone + 1] = member end
    end
    learnAll(entries)
    for i, member in ipairs(members) do
      if entries[i] and judge(entries[i]) ~= '0' then
        count = count + 1
        if ARGV[11] == 'k' then listed[#listed + 1] = member end
      end
    end
    each('ZREM', index, gone)
  end
  return { head(), hasMore and members[#members] or false, count, listed, ARGV[13] ~= '1' and members or {} }
end
`;

/**
 * Operation `clear`. `ARGV` from 7: prefix, limit, walks. Removes the entries of `KEYS` and, if it walks, up to `limit`
 * more. Answers `1` when no entry with the prefix is left, and if it does not walk the members that are to be removed
 * next.
 */
export const CLEAR: string = `
if operation == 'clear' then
  begin(true)
  local prefix, limit = ARGV[7], tonumber(ARGV[8])
  local revoked, keys, names = {}, {}, {}
  for _, name in ipairs(sound('HKEYS', leases)) do
    if starts(name, prefix) then revoked[#revoked + 1] = name end
  end
  each('HDEL', leases, revoked)
  for i = 5, #KEYS do
    keys[#keys + 1] = KEYS[i]
    names[#names + 1] = nameOf(KEYS[i])
  end
  if ARGV[9] == '1' then
    for _, member in ipairs((range(prefix, nil, limit))) do
      keys[#keys + 1] = base .. member
      names[#names + 1] = member
    end
  end
  unlink(keys)
  each('ZREM', index, names)
  local left = range(prefix, nil, ARGV[9] == '1' and 1 or limit)
  -- Told when all of it is done: who drops what they have finds nothing old below.
  if #left == 0 then append({ 'p ' .. cjson.encode({ prefix }) }) end
  save()
  return { head(), #left == 0 and '1' or '0', ARGV[9] ~= '1' and left or {} }
end
`;

/**
 * Operation `prune`. `ARGV` from 7: `1` with a cursor, cursor, members to look at, most to remove, most records of
 * tags, walks. Removes what is over, invalidated or gone among the members of `KEYS`, or if it walks among the next of
 * the index. Answers the cursor or nothing, the members that are to be looked at if it does not walk, and the names of
 * what was removed.
 */
export const PRUNE: string = `
if operation == 'prune' then
  begin(true)
  local most, cursor = tonumber(ARGV[10]), false
  local walks = ARGV[12] == '1'
  local members, hasMore, entries, oddly = {}, false, {}, {}
  if #KEYS > 4 then
    for i = 5, #KEYS do members[#members + 1] = nameOf(KEYS[i]) end
  else
    members, hasMore = range('', ARGV[7] == '1' and ARGV[8], tonumber(ARGV[9]))
    cursor = hasMore and members[#members]
  end
  if not walks and #KEYS == 4 then
    tidyTags(100, tonumber(ARGV[11]))
    save()
    return { head(), cursor, members, {} }
  end
  for i, member in ipairs(members) do
    local entry, odd = peek(base .. member)
    entries[i], oddly[i] = entry or false, odd
  end
  learnAll(entries)
  local pruned, keys, names = {}, {}, {}
  for i, member in ipairs(members) do
    local entry = entries[i]
    local isOver = entry and judge(entry) == '0'
    if isOver and #pruned == most then
      -- The next one goes on here.
      cursor = members[i - 1] or ARGV[7] == '1' and ARGV[8]
      break
    end
    if isOver or not entry then
      names[#names + 1] = member
      if isOver then pruned[#pruned + 1] = member end
      if isOver or oddly[i] then keys[#keys + 1] = base .. member end
    end
  end
  unlink(keys)
  each('ZREM', index, names)
  tidyTags(100, tonumber(ARGV[11]))
  save()
  return { head(), cursor, {}, pruned }
end
`;
