-- Where scores are taken, and until when.

-- args: project, milliseconds it stays open or empty, the body before and after closes_at
local function open_window(keys, args)
  local key = named(keys)
  local project, closes_in, head, tail = args[1], args[2], args[3], args[4]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  elseif redis.call("HEXISTS", key.meta, "project|" .. project) == 0 then
    return {"project.unknown"}
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  elseif poll.closed then
    return {"count.closed"}
  elseif is_shown(key, project) then
    return {"cards.shown"}
  end
  local refusal = not_through(key, project) or untold(key)
  if refusal then
    return {refusal}
  end
  local closes_at = closes_in == "" and "" or text(poll.at + tonumber(closes_in))
  local window = redis.call("HGET", key.windows, project .. "|1")
  if is_open(window, poll.at) and window == "open|" .. closes_at then
    return repeated(key)
  end
  redis.call("HSET", key.windows, project .. "|1", "open|" .. closes_at)
  append(key, poll, "open", head .. (closes_at == "" and "null" or closes_at) .. tail)
  redis.call("HSETNX", key.meta, "first|" .. project, text(poll.sequence))
  return OK
end

-- args: project, round, body
local function close_window(keys, args)
  local key = named(keys)
  local project, round, body = args[1], args[2], args[3]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  elseif redis.call("HEXISTS", key.meta, "project|" .. project) == 0 then
    return {"project.unknown"}
  end
  local field = project .. "|" .. round
  local closes_at = string.match(redis.call("HGET", key.windows, field) or "", "^open|(%d*)$")
  if not closes_at or poll.state ~= "sealed" then
    return repeated(key)
  end
  redis.call("HSET", key.windows, field, "closed|" .. closes_at)
  append(key, poll, "close", body)
  return OK
end

-- args: command, the body before and after the round, milliseconds the windows stay open or empty, who asks, then for
--       each project its id and the body of its window's entry before closes_at, and from there to the round
local function revote(keys, args)
  local key = named(keys)
  local command, head, tail, closes_in, by = args[1], args[2], args[3], args[4], args[5]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, "revote", head)
  if answer then
    return answer
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  elseif any_open(key, poll.at) then
    return {"poll.open"}
  elseif not poll.closed then
    return {"count.open"}
  elseif in_conflict(key, by, args, 6, 3) then
    return {"ruling.conflict"}
  end
  local not_theirs = office_refuses(key, "revote", by, nil, args, 6, 3)
  if not_theirs then
    return {not_theirs}
  end
  for i = 6, #args, 3 do
    if redis.call("HEXISTS", key.meta, "project|" .. args[i]) == 0 then
      return {"project.unknown"}
    end
  end
  local round = text(poll.rounds + 1)
  local closes_at = closes_in == "" and "" or text(poll.at + tonumber(closes_in))
  append(key, poll, "revote", head .. round .. tail)
  redis.call("HSET", key.meta, "rounds", round)
  redis.call("HSET", key.ballots, "revote|" .. round, text(poll.sequence))
  redis.call("HSET", key.commands, command, text(poll.sequence))
  for i = 6, #args, 3 do
    redis.call("HSET", key.windows, args[i] .. "|" .. round, "open|" .. closes_at)
    append(key, poll, "open", args[i + 1] .. (closes_at == "" and "null" or closes_at) .. args[i + 2] .. round .. "}")
  end
  return OK
end

writes("roadshow_voting_open_window", open_window)
writes("roadshow_voting_close_window", close_window)
writes("roadshow_voting_revote", revote)
