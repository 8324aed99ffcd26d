-- All cards once more, before the count is closed.

-- args: command, body, who opens them, milliseconds, how many projects, these, and for each of them the body of its
--       window's entry before closes_at and after
local function deliberate(keys, args)
  local key = named(keys)
  local command, body, span, count = args[1], args[2], tonumber(args[4]), tonumber(args[5])
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, "deliberate", body)
  if answer then
    return answer
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  elseif office_refuses(key, "deliberate", args[3], nil, {}, 1, 1) then
    return {"result.not_chair"}
  elseif poll.closed then
    return {"count.closed"}
  elseif any_open(key, poll.at) then
    return {"poll.open"}
  end
  local rules = cjson.decode(redis.call("HGET", key.meta, "spec")).rules
  if (rules.deliberation or 0) == 0 then
    return {"deliberation.none"}
  elseif redis.call("HEXISTS", key.ballots, "deliberation") == 1 then
    return {"deliberation.held"}
  end
  local opened, named_once = 0, {}
  for _, field in ipairs(redis.call("HKEYS", key.windows)) do
    opened = opened + (string.match(field, "|1$") and 1 or 0)
  end
  for i = 6, 5 + count do
    if named_once[args[i]] or redis.call("HEXISTS", key.windows, args[i] .. "|1") == 0 then
      return {"deliberation.moved_on"}
    elseif is_shown(key, args[i]) then
      return {"cards.shown"}
    end
    named_once[args[i]] = true
  end
  if count == 0 or opened ~= count then
    return {"deliberation.moved_on"}
  end
  local closes_at = text(poll.at + span)
  append(key, poll, "deliberate", body)
  redis.call("HSET", key.ballots, "deliberation", text(poll.sequence))
  redis.call("HSET", key.commands, command, text(poll.sequence))
  for i = 1, count do
    redis.call("HSET", key.windows, args[5 + i] .. "|1", "open|" .. closes_at)
    append(key, poll, "open", args[4 + count + 2 * i] .. closes_at .. args[5 + count + 2 * i])
  end
  return OK
end

writes("roadshow_voting_deliberate", deliberate)
