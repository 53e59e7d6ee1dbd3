import type { RedisScript } from '@tidegate/policy-sdk';

/**
 * Charges several limits in one atomic step, by Redis's own clock: routers whose clocks disagree still count together. The
 * algorithms are those of fixed-window.ts, anchored-window.ts and gcra.ts; each key holds two numbers, `a` (used, or the level) and
 * `b` (the window's start, or when the level was that), and lives as long as it makes a difference.
 *
 * KEYS: one per limit. ARGV: "take" or "settle", then for each limit algorithm, limit, window ms, burst, cost, keep (1 or 0).
 * Returns the time, then for each limit allowed (1 or 0), remaining, reset at, retry after; up to and with the first refusal.
 */
const SOURCE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local settling = ARGV[1] == 'settle'
local rounding = 1e-6
local answers = { string.format('%.0f', now) }
local changes = {}
for i = 1, #KEYS do
  local at = 2 + (i - 1) * 6
  local algorithm = ARGV[at]
  local limit, window = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local burst, cost, keep = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), ARGV[at + 5] == '1'
  local stored = redis.call('HMGET', KEYS[i], 'a', 'b')
  local a, b = tonumber(stored[1]), tonumber(stored[2])
  local allowed, remaining, reset, retry, lives
  if algorithm == 'gcra' then
    local level = 0
    if a and now - b >= -window then level = math.max(0, a - math.max(0, now - b) * limit / window) end
    if settling then level = math.max(0, math.min(burst, level + cost)) end
    local asked = settling and 0 or cost
    allowed = level + asked <= burst + rounding
    retry = allowed and 0 or math.max(1, math.ceil((level + asked - burst) * window / limit - rounding))
    if allowed then level = level + asked end
    remaining = math.max(0, math.floor(burst - level + rounding))
    reset = now + math.ceil(level * window / limit - rounding)
    lives = math.max(1, math.ceil(level * window / limit))
    a, b = level, now
  else
    local start
    if algorithm == 'anchored' then
      start = (a and now >= b and now < b + window) and b or now
    else
      start = now - now % window
    end
    local used = (a and b == start) and a or 0
    if settling then used = math.max(0, math.min(limit, used + cost)) end
    local asked = settling and 0 or cost
    allowed = used + asked <= limit
    if allowed then used = used + asked end
    remaining = math.max(0, math.floor(limit - used))
    reset = start + window
    retry = allowed and 0 or reset - now
    lives = math.max(1, reset - now)
    a, b = used, start
  end
  answers[#answers + 1] = allowed and '1' or '0'
  answers[#answers + 1] = string.format('%.0f', remaining)
  answers[#answers + 1] = string.format('%.0f', reset)
  answers[#answers + 1] = string.format('%.0f', retry)
  if not allowed then return answers end
  if keep then changes[#changes + 1] = { KEYS[i], string.format('%.17g', a), string.format('%.0f', b), string.format('%.0f', lives) } end
end
for _, change in ipairs(changes) do
  redis.call('HSET', change[1], 'a', change[2], 'b', change[3])
  redis.call('PEXPIRE', change[1], change[4])
end
return answers
`;

export const CHARGE: RedisScript = { name: 'tidegateCharge', source: SOURCE };
