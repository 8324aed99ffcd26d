-- Points that are taken over from earlier polls, and who of these is through.

-- A refusal's code, or nil: whether the window of a project may be opened.
local function not_through(key, project)
  local carries, carried, through = unpack(redis.call("HMGET", key.meta, "carries", "carried", "through|" .. project))
  if not carries then
    return nil
  elseif not carried then
    return "carried.early"
  elseif not through then
    return "carried.behind"
  end
end

-- args: command, body, then those who are through
local function carry(keys, args)
  local key = named(keys)
  local command, body = args[1], args[2]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, "carry", body)
  if answer then
    return answer
  elseif redis.call("HEXISTS", key.meta, "carries") == 0 then
    return {"carried.none"}
  elseif poll.sequence ~= 0 then
    return {"carried.fixed"}
  end
  append(key, poll, "carry", body, "carried", "1")
  for i = 3, #args do
    redis.call("HSET", key.meta, "through|" .. args[i], "1")
  end
  redis.call("HSET", key.ballots, "carried", text(poll.sequence))
  redis.call("HSET", key.commands, command, text(poll.sequence))
  return OK
end

writes("roadshow_voting_carry", carry)
