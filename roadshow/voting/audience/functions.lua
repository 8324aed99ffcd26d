#!lua name=roadshow_audience

-- The audience award, each act atomic. roadshow/voting/audience/award.py (AudienceStore) is their contract.
--
-- Keys, always these three, of one slot:
--   award   hash: state ("open", "closed", "counted"), opening (ms, of the first), closes_at (ms, empty for no deadline),
--           at (the newest time seen), ahead (ms by which the award's time is before the caller's clock), writer and
--           batch (the newest batch of votes), largest (voters of the origin with most), command|<id> -> the act it
--           made, tally|<project> -> votes
--   votes   hash: hash of the voter's token -> project
--   origins hash: origin -> its voters, paid|<origin> -> when its ration is whole again (ms). Gone with the announcement,
--           and a week after the last new voter of an award that nobody announces.
--
-- Answers: {"ok", ...} or {<error code>}. No answer tells a count before the announcement, but how many have voted.

local OK = {"ok"}
local ORIGINS_KEPT = 7 * 24 * 60 * 60 * 1000

-- Milliseconds, never before what was seen: a clock set back cannot reopen what was closed.
local function now(last, ahead)
  return math.max(moment() + tonumber(ahead or 0), tonumber(last or 0))
end

local function text(number)
  return string.format("%.0f", number)
end

local function find(key)
  local read = redis.call("HMGET", key, "state", "closes_at", "at", "writer", "batch", "opening", "largest", "ahead")
  local at = now(read[3], read[8])
  local closes_at = read[2] or ""
  local state = read[1] or "closed"
  if state == "open" and closes_at ~= "" and at >= tonumber(closes_at) then
    state = "closed"
  end
  return {
    state = state, closes_at = closes_at, at = at, writer = read[4], batch = tonumber(read[5] or 0),
    opening = read[6] or "0", largest = tonumber(read[7] or 0), ahead = tonumber(read[8] or 0),
    behind = math.max(tonumber(read[3] or 0) - moment(), 0),
  }
end

-- Whether the command was seen: "again", "other" or nil.
local function seen(key, command, act)
  local first = redis.call("HGET", key, "command|" .. command)
  return first and (first == act and "again" or "other") or nil
end

local function act(key, command, what, change)
  local before = seen(key, command, what)
  if before == "other" then
    return {"command.reused"}
  elseif before then
    redis.call("HSET", key, "at", text(find(key).at))
    return OK
  end
  local award = find(key)
  if award.state == "counted" then
    return {"audience.counted"}
  end
  local refusal = change(award)
  if refusal then
    return refusal
  end
  redis.call("HSET", key, "at", text(award.at), "command|" .. command, what)
  return OK
end

-- arguments: command, span in ms (empty: no deadline)
local function open(keys, arguments)
  return act(keys[1], arguments[1], "open", function(award)
    -- With a clock that was set back, time would stand still until it has caught up: it goes on from the newest moment.
    if award.state ~= "open" then
      redis.call("HSET", keys[1], "ahead", text(award.behind))
      award.at = moment() + award.behind
    end
    local closes_at = arguments[2] == "" and "" or text(award.at + tonumber(arguments[2]))
    redis.call("HSET", keys[1], "state", "open", "closes_at", closes_at)
    redis.call("HSETNX", keys[1], "opening", text(award.at))
  end)
end

-- arguments: command
local function close(keys, arguments)
  return act(keys[1], arguments[1], "close", function()
    redis.call("HSET", keys[1], "state", "closed", "closes_at", "")
  end)
end

-- arguments: command, the projects that are counted
local function announce(keys, arguments)
  return act(keys[1], arguments[1], "announce", function(award)
    if award.state == "open" then
      return {"audience.open"}
    end
    local counts, any = {}, false
    for index = 2, #arguments do
      counts[arguments[index]] = 0
    end
    for _, project in ipairs(redis.call("HVALS", keys[2])) do
      if counts[project] then
        counts[project], any = counts[project] + 1, true
      end
    end
    if not any then
      return {"audience.none"}
    end
    for project, count in pairs(counts) do
      redis.call("HSET", keys[1], "tally|" .. project, text(count))
    end
    redis.call("HSET", keys[1], "state", "counted", "closes_at", "")
    redis.call("DEL", keys[3])
  end)
end

-- Whether an origin may have one more voter: nil, or for how long not (ms). GCRA: each voter moves the moment in which
-- the ration is whole again by ``every``, and that may be ``at_once`` of them ahead.
local function spend(keys, origin, award, at_once, every)
  local read = redis.call("HMGET", keys[3], origin, "paid|" .. origin)
  local paid = math.max(tonumber(read[2] or 0), award.at) + every
  local excess = paid - award.at - at_once * every
  if excess > 0 then
    return excess
  end
  local voters = tonumber(read[1] or 0) + 1
  redis.call("HSET", keys[3], origin, text(voters), "paid|" .. origin, text(paid))
  if voters > award.largest then
    award.largest = voters
  end
end

-- arguments: writer, number of the batch, most voters, first vote within (ms), new voters of an origin at once and then
-- one every (ms); then voter, project, opening, made at (ms) and origin in turns
-- answers: of each choice that is refused its place, its code, and how long to wait (ms)
local function vote(keys, arguments)
  local award = find(keys[1])
  local writer, batch = arguments[1], tonumber(arguments[2])
  if award.state ~= "open" then
    redis.call("HSET", keys[1], "at", text(award.at))
    return {"audience.closed"}
  end
  if award.writer == writer and batch < award.batch then
    return {"audience.overtaken"}
  end
  local most, within = tonumber(arguments[3]), tonumber(arguments[4])
  local at_once, every = tonumber(arguments[5]), tonumber(arguments[6])
  local voters, largest, answer = redis.call("HLEN", keys[2]), award.largest, {"ok"}
  for index = 7, #arguments, 5 do
    local voter, made_at, origin = arguments[index], tonumber(arguments[index + 3]), arguments[index + 4]
    local refused, wait = nil, 0
    if redis.call("HEXISTS", keys[2], voter) == 0 then
      if arguments[index + 2] ~= award.opening or award.at - award.ahead > made_at + within then
        refused = "audience.token_old"
      elseif voters >= most then
        refused = "audience.full"
      else
        wait = spend(keys, origin, award, at_once, every) or 0
        refused = wait > 0 and "rate.voters" or nil
      end
      voters = voters + (refused and 0 or 1)
    end
    if refused then
      local last = #answer
      answer[last + 1], answer[last + 2], answer[last + 3] = (index - 7) / 5, refused, text(wait)
    else
      redis.call("HSET", keys[2], voter, arguments[index + 1])
    end
  end
  redis.call("HSET", keys[1], "at", text(award.at), "writer", writer, "batch", text(batch))
  if award.largest > largest then
    redis.call("HSET", keys[1], "largest", text(award.largest))
  end
  redis.call("PEXPIRE", keys[3], ORIGINS_KEPT)
  return answer
end

-- arguments: voter
local function choice(keys, arguments)
  return {"ok", redis.call("HGET", keys[2], arguments[1]) or ""}
end

local function read(keys)
  local award = find(keys[1])
  local tally = {}
  if award.state == "counted" then
    local fields = redis.call("HGETALL", keys[1])
    for index = 1, #fields, 2 do
      local project = string.match(fields[index], "^tally|(.+)$")
      if project then
        tally[#tally + 1] = project
        tally[#tally + 1] = fields[index + 1]
      end
    end
  end
  -- Whoever counts down to it, or dates a token, does so by the caller's clock.
  local closes_at = award.closes_at == "" and "" or text(tonumber(award.closes_at) - award.ahead)
  return {"ok", award.state, closes_at, text(award.at - award.ahead), redis.call("HLEN", keys[2]), tally, award.opening,
    award.largest}
end

writes("roadshow_audience_open", open)
writes("roadshow_audience_close", close)
writes("roadshow_audience_announce", announce)
writes("roadshow_audience_vote", vote)
reads("roadshow_audience_choice", choice)
reads("roadshow_audience_read", read)
