/**
 * Lua: leases, a hash of tokens and ends by key.
 *
 * One that ran out stands until somebody takes or revokes it. Those that nobody comes back for are found by chance,
 * whenever others are taken.
 *
 * @module
 */

/** How long, in milliseconds, a lease is kept that has run out: what is loaded under it is still accepted. */
const KEPT = 60_000;

/** Up to so many leases nothing is looked for. */
export const FEW_LEASES = 100;

/** Functions over leases. */
export const LEASES: string = `
local function tidyLeases(count)
  if call('HLEN', leases) <= ${FEW_LEASES} then return end
  local sample, gone = try('HRANDFIELD', leases, count + 2, 'WITHVALUES'), {}
  if failed(sample) then return end
  for i = 1, #sample, 2 do
    local till = tonumber(string.match(sample[i + 1], ' (%S+)$'))
    if not till or till + ${KEPT} <= now then gone[#gone + 1] = sample[i] end
  end
  each('HDEL', leases, gone)
end

local function holds(name, token)
  local held = sound('HGET', leases, name)
  return held and string.match(held, '^%S+') == token
end
`;

/** Operation `release`: `ARGV` from 7 are tokens, or empty to revoke any. */
export const RELEASE: string = `
if operation == 'release' then
  for i = 5, #KEYS do
    local name, token = nameOf(KEYS[i]), ARGV[i + 2]
    if token == '' or holds(name, token) then sound('HDEL', leases, name) end
  end
  return 1
end
`;
