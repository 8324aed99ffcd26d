#!lua name=roadshow_audience

-- The audience award, each act atomic. roadshow/voting/audience/award.py (AudienceStore) is their contract.
--
-- Keys, always these two, of one slot:
--   award   hash: state ("open", "closed", "counted"), closes_at (ms, empty for no deadline), at (the newest time seen),
--           ahead (ms by which the award's time is before the caller's clock),
--           writer and batch (the newest batch of votes), command|<id> -> the act it made, tally|<project> -> votes
--   votes   hash: hash of the voter's token -> project
--
-- Answers: {"ok", ...} or {<error code>}. No answer tells a count before the announcement, but how many have voted.

local OK = {"ok"}

-- Milliseconds, never before what was seen: a clock set back cannot reopen what was closed.
local function now(last, ahead)
  return math.max(moment() + tonumber(ahead or 0), tonumber(last or 0))
end

local function text(number)
  return string.format("%.0f", number)
end

local function find(key)
  local read = redis.call("HMGET", key, "state", "closes_at", "at", "writer", "batch", "ahead")
  local at = now(read[3], read[6])
  local closes_at = read[2] or ""
  local state = read[1] or "closed"
  if state == "open" and closes_at ~= "" and at >= tonumber(closes_at) then
    state = "closed"
  end
  return {state = state, closes_at = closes_at, at = at, writer = read[4], batch = tonumber(read[5] or 0), ahead = tonumber(read[6] or 0),
    behind = math.max(tonumber(read[3] or 0) - moment(), 0)}
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
  end)
end

-- arguments: command
local function close(keys, arguments)
  return act(keys[1], arguments[1], "close", function()
    redis.call("HSET", keys[1], "state", "closed", "closes_at", "")
  end)
end

-- arguments: command
local function announce(keys, arguments)
  return act(keys[1], arguments[1], "announce", function(award)
    if award.state == "open" then
      return {"audience.open"}
    end
    local counts = {}
    for _, project in ipairs(redis.call("HVALS", keys[2])) do
      counts[project] = (counts[project] or 0) + 1
    end
    if next(counts) == nil then
      return {"audience.none"}
    end
    for project, count in pairs(counts) do
      redis.call("HSET", keys[1], "tally|" .. project, text(count))
    end
    redis.call("HSET", keys[1], "state", "counted", "closes_at", "")
  end)
end

-- arguments: writer, number of the batch, most voters, then voter and project in turns
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
  redis.call("HSET", keys[1], "at", text(award.at), "writer", writer, "batch", text(batch))
  local room = tonumber(arguments[3]) - redis.call("HLEN", keys[2])
  local choices, full = {}, {"ok"}
  for index = 4, #arguments, 2 do
    -- Only when it gets narrow is it asked who is new.
    if room >= (#arguments - 3) / 2 or redis.call("HEXISTS", keys[2], arguments[index]) == 1 then
      choices[#choices + 1] = arguments[index]
      choices[#choices + 1] = arguments[index + 1]
    elseif room > 0 then
      room = room - 1
      redis.call("HSET", keys[2], arguments[index], arguments[index + 1])
    else
      full[#full + 1] = (index - 4) / 2
    end
  end
  if #choices > 0 then
    redis.call("HSET", keys[2], unpack(choices))
  end
  return full
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
  -- Whoever counts down to it does so by the caller's clock.
  local closes_at = award.closes_at == "" and "" or text(tonumber(award.closes_at) - award.ahead)
  return {"ok", award.state, closes_at, text(award.at - award.ahead), redis.call("HLEN", keys[2]), tally}
end

writes("roadshow_audience_open", open)
writes("roadshow_audience_close", close)
writes("roadshow_audience_announce", announce)
writes("roadshow_audience_vote", vote)
reads("roadshow_audience_choice", choice)
reads("roadshow_audience_read", read)
