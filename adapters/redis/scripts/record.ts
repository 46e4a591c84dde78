/**
 * Lua: reading the head of a record. ../record.ts has it byte by byte.
 *
 * @module
 */

/** Functions that read records. */
export const RECORD: string = `
local NO_TAGS, splits = {}, {}

-- Many entries have the same tags.
local function tagsOf(record)
  if string.sub(record, 3, 3) == '0' then return NO_TAGS, 124 end
  local length = tonumber(string.sub(record, 124, 129))
  if not length then return nil end
  local part = string.sub(record, 130, 129 + length)
  local tags = splits[part]
  if not tags then
    tags = {}
    for tag in string.gmatch(part, '(%Z*)%z') do tags[#tags + 1] = tag end
    splits[part] = tags
  end
  return tags, 130 + length
end

local function parse(record)
  if string.sub(record, 1, 2) ~= 'T1' then return nil end
  local tags, at = tagsOf(record)
  local entry = {
    isOwn = string.sub(record, 49, 67) == epoch, fresh = tonumber(string.sub(record, 10, 25)),
    stale = tonumber(string.sub(record, 26, 41)), made = tonumber(string.sub(record, 68, 83)),
    created = tonumber(string.sub(record, 107, 122)), tags = tags, needed = at,
  }
  if not (tags and entry.fresh and entry.stale and entry.made and entry.created) then return nil end
  return entry
end

-- As much as tells whether a tag of it was invalidated.
local function parseTags(record)
  local tags, made = tagsOf(record), tonumber(string.sub(record, 68, 83))
  return tags and made and
    { isOwn = string.sub(record, 49, 67) == epoch, stale = FOREVER, fresh = 0, made = made, tags = tags }
end

-- What the head of a key's record says; c or w where it is corrupt or no string.
local function peek(key)
  local record = try('GETRANGE', key, 0, 511)
  if failed(record) then return nil, 'w' end
  if record == '' then return nil, nil end
  local entry = parse(record)
  if entry and entry.needed > 513 then entry = parse(call('GETRANGE', key, 0, entry.needed)) end
  return entry, not entry and 'c' or nil
end
`;
