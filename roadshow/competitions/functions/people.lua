#!lua name=roadshow_people

-- Using invitations up, and the life of sign-ins. All moments are this store's own, in milliseconds.

local TIMES = {':opened', ':seen', ':ended'}

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- As a whole number: Lua would write a moment as 1.7e+12.
local function whole(number)
  return string.format('%d', number)
end

-- roadshow_people_take: use an issue of invitations up.
-- KEYS  1 access (hash: "<person>:issue", ":era", ":taken"), 2 which session takes this one's place
-- ARGV  person, issue, era, hash of the session, milliseconds within which it may be repeated, hash of the session that
--       is to take its place, milliseconds within which no other may
-- Returns 1 when the session has it, 0 when another has, or when the person has a newer issue or era, and 2 when
-- another session is to take this one's place.
local function take(keys, args)
  local person, issue, era, session = args[1], args[2], args[3], args[4]
  local row = redis.call('HMGET', keys[1], person .. ':issue', person .. ':era', person .. ':taken')
  local of, by, at = string.match(row[3] or '', '^(%d+) (%S+) (%d+)$')
  if of == issue then
    if by ~= session or now() - tonumber(at) >= tonumber(args[5]) then
      return 0
    end
  elseif (row[1] or '0') ~= issue or (row[2] or '0') ~= era then
    return 0
  end
  local follows = redis.call('GET', keys[2])
  if follows and follows ~= args[6] then
    return 2
  end
  redis.call('SET', keys[2], args[6], 'PX', args[7])
  if of == issue then
    return 1
  end
  redis.call('HSET', keys[1], person .. ':taken', issue .. ' ' .. session .. ' ' .. whole(now()))
  return 1
end

-- Append what is kept of a sign-in to an answer.
local function tell(answer, key, id)
  local row = redis.call('HMGET', key, id, id .. ':opened', id .. ':seen', id .. ':ended')
  if row[1] then
    for _, word in ipairs({id, row[1], row[2], row[3], row[4] or ''}) do
      answer[#answer + 1] = word
    end
  end
end

-- roadshow_people_held: everybody whom a browser holds.
-- KEYS  1 browser (hash: person → sign-in), 2 all sign-ins
-- Returns the present moment, and for each sign-in: id, body, opened, seen, ended (or nothing).
local function held(keys)
  local answer = {whole(now())}
  for _, id in ipairs(redis.call('HVALS', keys[1])) do
    tell(answer, keys[2], id)
  end
  return answer
end

-- roadshow_people_all: all sign-ins, as roadshow_people_held tells them.
-- KEYS  1 all sign-ins
local function all(keys)
  local answer = {whole(now())}
  for _, field in ipairs(redis.call('HKEYS', keys[1])) do
    if not string.find(field, ':', 1, true) then
      tell(answer, keys[1], field)
    end
  end
  return answer
end

local function forget(key, before)
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local id = string.match(field, '^(%x+):seen$')
    if id and tonumber(redis.call('HGET', key, field)) < before then
      redis.call('HDEL', key, id)
      for _, time in ipairs(TIMES) do
        redis.call('HDEL', key, id .. time)
      end
    end
  end
end

-- roadshow_people_open: keep a sign-in, and let a browser hold it.
-- KEYS  1 browser, 2 the one whose place it takes (or itself), 3 all sign-ins
-- ARGV  sign-in, person, body, milliseconds until the browser is forgotten, milliseconds until a sign-in is
-- Idempotent: nothing of a sign-in that is there is changed.
local function open(keys, args)
  local id, person, at = args[1], args[2], now()
  forget(keys[3], at - tonumber(args[5]))
  if keys[1] ~= keys[2] then
    local rows = redis.call('HGETALL', keys[2])
    for index = 1, #rows, 2 do
      redis.call('HSETNX', keys[1], rows[index], rows[index + 1])
    end
    redis.call('DEL', keys[2])
  end
  if redis.call('HSETNX', keys[3], id, args[3]) == 1 then
    redis.call('HSET', keys[3], id .. ':opened', whole(at), id .. ':seen', whole(at))
  end
  redis.call('HSET', keys[1], person, id)
  redis.call('PEXPIRE', keys[1], args[4])
  return 1
end

-- roadshow_people_seen, roadshow_people_end: sign-ins were seen, or have ended, now.
-- KEYS  1 all sign-ins
-- ARGV  sign-ins
local function seen(keys, args)
  for _, id in ipairs(args) do
    if redis.call('HEXISTS', keys[1], id) == 1 then
      redis.call('HSET', keys[1], id .. ':seen', whole(now()))
    end
  end
  return 1
end

local function finish(keys, args)
  for _, id in ipairs(args) do
    if redis.call('HEXISTS', keys[1], id) == 1 then
      redis.call('HSETNX', keys[1], id .. ':ended', whole(now()))
    end
  end
  return 1
end

writes('roadshow_people_take', take)
reads('roadshow_people_held', held)
reads('roadshow_people_all', all)
writes('roadshow_people_open', open)
writes('roadshow_people_seen', seen)
writes('roadshow_people_end', finish)
