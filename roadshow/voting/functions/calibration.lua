-- Calibration rounds, before the first window. They count for nothing, so they are in no entry of the ledger but one,
-- which says with that window that they were held.
--
-- In calibration: rounds, changes: how many there were; sample|N, by|N, opened|N, closed|N (ms; missing: it was not closed)
-- of round N; card|N|J and seal|N|J: what a judge handed in, and the server's seal of it. In meta: calibrated, once the
-- ledger has them.

local function calibration_is_over(key)
  return redis.call("EXISTS", key.windows) == 1 or redis.call("HEXISTS", key.meta, "calibrated") == 1
end

-- A refusal's code, or nil: a window is not opened before the ledger has the rounds.
local function untold(key)
  if redis.call("EXISTS", key.calibration) == 1 and not calibration_is_over(key) then
    return "calibration.untold"
  end
end

-- No later act is before it, by whatever clock: the ledger is told the times.
local function calibration_changed(key, poll, ...)
  redis.call("HSET", key.meta, "at", text(poll.at))
  redis.call("HSET", key.calibration, ...)
  redis.call("HINCRBY", key.calibration, "changes", 1)
  return OK
end

-- args: "open", number, sample, who opens it, how many rounds there may be; or "hand-in", number, judge, scores, seal;
--       or "close", number
local function calibrate(keys, args)
  local key = named(keys)
  local act, number = args[1], args[2]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  elseif calibration_is_over(key) then
    return {"calibration.over"}
  end
  local rounds = redis.call("HGET", key.calibration, "rounds") or "0"
  local goes_on = rounds ~= "0" and redis.call("HEXISTS", key.calibration, "closed|" .. rounds) == 0
  if act == "open" then
    local sample, by, most = args[3], args[4], tonumber(args[5])
    if goes_on then
      local now_open = redis.call("HMGET", key.calibration, "sample|" .. rounds, "by|" .. rounds)
      if number == rounds and now_open[1] == sample and now_open[2] == by then
        return repeated(key)
      end
      return {"calibration.open"}
    elseif number ~= text(tonumber(rounds) + 1) then
      return {"calibration.moved_on"}
    elseif tonumber(number) > most then
      return {"calibration.too_many"}
    end
    return calibration_changed(key, poll, "rounds", number, "sample|" .. number, sample, "by|" .. number, by,
      "opened|" .. number, text(poll.at))
  elseif act == "hand-in" then
    local judge, scores, seal = args[3], args[4], args[5]
    if redis.call("HEXISTS", key.meta, "judge|" .. judge) == 0
        and redis.call("HEXISTS", key.meta, "reserve|" .. judge) == 0 then
      return {"calibration.not_entitled"}
    elseif not goes_on or number ~= rounds then
      return {"calibration.closed"}
    end
    local pair = number .. "|" .. judge
    local former = redis.call("HMGET", key.calibration, "card|" .. pair, "seal|" .. pair)
    if former[1] == scores and former[2] == seal then
      return repeated(key)
    end
    return calibration_changed(key, poll, "card|" .. pair, scores, "seal|" .. pair, seal)
  end
  if redis.call("HEXISTS", key.calibration, "sample|" .. number) == 0 then
    return {"calibration.moved_on"}
  elseif redis.call("HEXISTS", key.calibration, "closed|" .. number) == 1 then
    return repeated(key)
  end
  return calibration_changed(key, poll, "closed|" .. number, text(poll.at))
end

-- args: command, body, how many changes whoever made the body has seen, "1" if it has any round
local function tell_calibration(keys, args)
  local key = named(keys)
  local command, body, seen, any = args[1], args[2], args[3], args[4] == "1"
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, "calibrate", body)
  if answer then
    return answer
  elseif calibration_is_over(key) then
    return {"calibration.over"}
  elseif redis.call("HEXISTS", key.meta, "carries") == 1 and redis.call("HEXISTS", key.meta, "carried") == 0 then
    return {"carried.early"}
  elseif not any or (redis.call("HGET", key.calibration, "changes") or "0") ~= seen then
    return {"calibration.moved_on"}
  end
  append(key, poll, "calibrate", body, "calibrated", "1")
  redis.call("HSET", key.commands, command, text(poll.sequence))
  return OK
end

-- ok: {field, value, …}, "1" if it is over, "1" if the ledger has it
local function calibration(keys)
  local key = named(keys)
  if not find(key) then
    return {"poll.unknown"}
  end
  local is_told = redis.call("HEXISTS", key.meta, "calibrated")
  return {"ok", redis.call("HGETALL", key.calibration), calibration_is_over(key) and "1" or "0", text(is_told)}
end

writes("roadshow_voting_calibrate", calibrate)
writes("roadshow_voting_tell_calibration", tell_calibration)
reads("roadshow_voting_calibration", calibration)
