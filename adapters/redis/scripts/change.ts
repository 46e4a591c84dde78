/**
 * Lua: deleting and touching batches, and dropping what cannot be read.
 *
 * @module
 */

/**
 * Operation `delete`: answers `1` for each key that had a live entry, for one that comes twice at its first place only.
 */
export const DELETE: string = `
if operation == 'delete' then
  begin(true)
  local entries, existed, names, keys, seen = {}, {}, {}, {}, {}
  for i = 5, #KEYS do
    entries[i] = peek(KEYS[i]) or false
  end
  learnAll(entries)
  for i = 5, #KEYS do
    local name = nameOf(KEYS[i])
    local isLive = not seen[name] and entries[i] and judge(entries[i]) ~= '0'
    existed[#existed + 1] = isLive and '1' or '0'
    if not seen[name] then
      seen[name] = true
      names[#names + 1] = name
      keys[#keys + 1] = KEYS[i]
    end
  end
  unlink(keys)
  each('ZREM', index, names)
  sound('HDEL', leases, unpack(names))
  appendKeys(names)
  save()
  return { head(), table.concat(existed) }
end
`;

/**
 * Operation `touch`: three for each key from `ARGV[7]`, stamps, stamps for an entry that a touch made stale at once and
 * which stays that, and time to live or empty. Answers `1` for each key that had a live entry.
 */
export const TOUCH: string = `
if operation == 'touch' then
  begin(true)
  local entries, existed, names = {}, {}, {}
  for i = 5, #KEYS do
    entries[i] = peek(KEYS[i]) or false
  end
  learnAll(entries)
  for i = 5, #KEYS do
    local at = 7 + (i - 5) * 3
    local entry, stamps, left = entries[i], ARGV[at], ARGV[at + 2]
    -- One that comes twice may be gone by the second time.
    local isLive = entry and judge(entry) ~= '0' and call('EXISTS', KEYS[i]) == 1
    existed[#existed + 1] = isLive and '1' or '0'
    if isLive then
      names[#names + 1] = nameOf(KEYS[i])
      local till = tonumber(string.sub(stamps, 17, 32))
      if till <= now then
        call('UNLINK', KEYS[i])
        call('ZREM', index, names[#names])
      else
        call('SETRANGE', KEYS[i], 9, entry.fresh == 0 and ARGV[at + 1] or stamps)
        if left == '' then call('PERSIST', KEYS[i]) else call('PEXPIRE', KEYS[i], left) end
        keep(entry.tags, till)
      end
    end
  end
  appendKeys(names)
  save()
  return { head(), table.concat(existed) }
end
`;

/**
 * Operation `drop`: removes what each key has if it is no record of this epoch, or if its SHA-1 is that in `ARGV` from
 * 7.
 */
export const DROP: string = `
if operation == 'drop' then
  begin(false)
  for i = 5, #KEYS do
    local entry, odd = peek(KEYS[i])
    local isDead = odd or entry and not entry.isOwn
    if not isDead and entry and ARGV[i + 2] ~= '' then
      isDead = redis.sha1hex(call('GET', KEYS[i])) == ARGV[i + 2]
    end
    if isDead then
      call('UNLINK', KEYS[i])
      sound('ZREM', index, nameOf(KEYS[i]))
    end
  end
  return { head() }
end
`;
