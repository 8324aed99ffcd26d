-- The result: frozen when it is confirmed, announced place by place.

-- args: result, the sequence it was worked out at, command, the body before and after the result's hash, 1 if a second
--       person has to sign
local function confirm(keys, args)
  local key = named(keys)
  local result, at_sequence, command, head, tail, second = args[1], args[2], args[3], args[4], args[5], args[6]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, "confirm", head)
  if answer then
    return answer
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  elseif any_open(key, poll.at) then
    return {"poll.open"}
  elseif not poll.closed then
    return {"count.open"}
  elseif poll.sequence ~= tonumber(at_sequence) then
    return {"poll.moved"}
  end
  append(key, poll, "confirm", head .. tail)
  redis.call("XADD", key.result, text(poll.sequence) .. "-0", "result", result)
  redis.call("HSET", key.meta, "state", second == "1" and "awaiting" or "confirmed", "confirmed_at", text(poll.at))
  redis.call("HSET", key.commands, command, text(poll.sequence))
  return OK
end

-- args: how many places were announced, command, body, 1 if the next one is the last
local function announce(keys, args)
  local key = named(keys)
  local expected, command, body, last = args[1], args[2], args[3], args[4]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, "reveal", body)
  if answer then
    return answer
  elseif poll.state == "sealed" then
    return {"result.sealed"}
  elseif poll.state == "awaiting" then
    return {"result.unsigned"}
  elseif poll.state == "revealed" or poll.announced ~= tonumber(expected) then
    return {"reveal.moved_on"}
  end
  append(key, poll, "reveal", body)
  local state = last == "1" and "revealed" or "revealing"
  redis.call("HSET", key.meta, "announced", text(poll.announced + 1), "state", state)
  redis.call("HSET", key.commands, command, text(poll.sequence))
  return OK
end

writes("roadshow_voting_confirm", confirm)
writes("roadshow_voting_announce", announce)
