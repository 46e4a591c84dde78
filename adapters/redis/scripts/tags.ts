/**
 * Lua: records of tags, and whether an entry is alive by them.
 *
 * A record is `deleted expired until`, and after a line feed its rules as JSON: invalidations by `all` or `exact` of
 * several tags, kept with the first of these. A tag without a record makes misses. The oldest of too many rules becomes
 * an invalidation of its first tag by itself, which can only hit more. A record that no entry can have any more is
 * dropped, and raises the floor above all that it said.
 *
 * @module
 */

/** Most rules in one record. */
const MOST_RULES = 100;

/** How long, in milliseconds, a record outlives the entries with its tag: loads under way may still bring one. */
const KEPT = 60_000;

/** Functions over tags. */
export const TAGS: string = String.raw`
local marks = {}

local function readMark(text)
  local deleted, expired, till, rest = string.match(text, '^(%d+) (%d+) (%S+)\n?(.*)$')
  local mark = { deleted = tonumber(deleted), expired = tonumber(expired), till = tonumber(till), rules = {} }
  local isSound = mark.deleted and mark.expired and mark.till
  if isSound and rest ~= '' then
    local rules
    isSound, rules = pcall(cjson.decode, rest)
    isSound = isSound and type(rules) == 'table'
    for i, rule in ipairs(isSound and rules or {}) do
      local deleted = type(rule) == 'table' and type(rule.t) == 'table' and tonumber(rule.d)
      isSound = isSound and deleted and tonumber(rule.e)
      if isSound then
        mark.rules[i] = { deleted = deleted, expired = tonumber(rule.e), isExact = rule.x == true, tags = rule.t }
      end
    end
  end
  if isSound then return mark end
  -- Nobody knows any more what it said.
  return { deleted = sequence, expired = 0, till = now, rules = {} }
end

local function writeMark(tag)
  local mark = marks[tag]
  local text = digits(mark.deleted) .. ' ' .. digits(mark.expired) .. ' ' .. string.format('%.17g', mark.till)
  if #mark.rules > 0 then
    local rules = {}
    for i, rule in ipairs(mark.rules) do
      rules[i] = { d = digits(rule.deleted), e = digits(rule.expired), x = rule.isExact, t = rule.tags }
    end
    text = text .. '\n' .. cjson.encode(rules)
  end
  note('t:' .. tag, text)
end

local function learn(tags)
  local asked, names = {}, {}
  for _, tag in ipairs(tags) do
    if marks[tag] == nil then
      marks[tag] = false
      asked[#asked + 1] = tag
      names[#names + 1] = 't:' .. tag
    end
  end
  for i = 1, #names, 2000 do
    local values = call('HMGET', ledger, unpack(names, i, math.min(i + 1999, #names)))
    for j, value in ipairs(values) do
      if value then marks[asked[i + j - 1]] = readMark(value) end
    end
  end
end

local function learnAll(entries)
  local tags, seen = {}, { [NO_TAGS] = true }
  for _, entry in pairs(entries) do
    if entry and not seen[entry.tags] then
      seen[entry.tags] = true
      for _, tag in ipairs(entry.tags) do tags[#tags + 1] = tag end
    end
  end
  if #tags > 0 then learn(tags) end
end

local function covers(rule, tags)
  if rule.isExact and #rule.tags ~= #tags then return false end
  local has = {}
  for _, tag in ipairs(tags) do has[tag] = true end
  for _, tag in ipairs(rule.tags) do
    if not has[tag] then return false end
  end
  return true
end

-- 0 is a miss, 1 an entry as it is, 2 one that a tag has made stale.
local function judge(entry)
  if not entry.isOwn or not (entry.stale > now) then return '0' end
  if #entry.tags == 0 then return '1' end
  if entry.made < start then return '0' end
  local state = '1'
  for _, tag in ipairs(entry.tags) do
    local mark = marks[tag]
    if not mark or mark.deleted > entry.made then return '0' end
    if mark.expired > entry.made then state = '2' end
    for _, rule in ipairs(mark.rules) do
      if (rule.deleted > entry.made or rule.expired > entry.made) and covers(rule, entry.tags) then
        if rule.deleted > entry.made then return '0' end
        state = '2'
      end
    end
  end
  return state
end

local function isFresh(entry, state)
  return state == '1' and entry.isOwn and entry.fresh > now and (entry.created <= now + 60000 or entry.fresh >= FOREVER)
end

-- A record is kept for as long as an entry may have its tag.
local function keep(tags, till)
  for _, tag in ipairs(tags) do
    local mark = marks[tag]
    if mark and mark.till < till then
      mark.till = till
      writeMark(tag)
    end
  end
end

local function addRule(tags, isExact, isDeletion)
  local mark = marks[tags[1]]
  local id = cjson.encode(tags)
  local found
  for _, rule in ipairs(mark.rules) do
    if rule.isExact == isExact and cjson.encode(rule.tags) == id then found = rule end
  end
  if not found then
    found = { deleted = 0, expired = 0, isExact = isExact, tags = tags }
    mark.rules[#mark.rules + 1] = found
  end
  if isDeletion then found.deleted = sequence else found.expired = sequence end
  if #mark.rules > ${MOST_RULES} then
    local oldest = 1
    for i, rule in ipairs(mark.rules) do
      local other = mark.rules[oldest]
      if math.max(rule.deleted, rule.expired) < math.max(other.deleted, other.expired) then oldest = i end
    end
    local rule = table.remove(mark.rules, oldest)
    mark.deleted = math.max(mark.deleted, rule.deleted)
    mark.expired = math.max(mark.expired, rule.expired)
  end
end

-- Looks at some records and drops those that are not needed any more, and others where there are more than most.
local function tidyTags(count, most)
  local surplus = call('HLEN', ledger) - most
  local sample = try('HRANDFIELD', ledger, count, 'WITHVALUES')
  if failed(sample) then return end
  local gone, last = {}, floor
  for i = 1, #sample, 2 do
    local tag = string.match(sample[i], '^t:(.*)$')
    -- What this call has changed is still to be written.
    if tag and not marks[tag] then
      local mark = readMark(sample[i + 1])
      if surplus > 0 or mark.till + ${KEPT} <= now then
        surplus = surplus - 1
        gone[#gone + 1] = sample[i]
        last = math.max(last, mark.deleted, mark.expired)
        for _, rule in ipairs(mark.rules) do last = math.max(last, rule.deleted, rule.expired) end
      end
    end
  end
  if #gone > 0 then
    each('HDEL', ledger, gone)
    floor = last
    note('floor', digits(floor))
  end
end
`;
