-- Who sits where: a judge's seat passes to somebody of the reserve, from a project on.

-- The projects from one on, and those before it, in the order of the rundown.
local function parted(key, first)
  local from, before, found = {}, {}, false
  for project in string.gmatch(redis.call("HGET", key.meta, "order") or "", "[^|]+") do
    found = found or project == first
    table.insert(found and from or before, project)
  end
  return from, before
end

-- A refusal's code, or nil.
local function taken(key, poll, judge, substitute, project)
  local from = parted(key, project)
  if poll.closed then
    return "count.closed"
  elseif #from == 0 then
    return "project.unknown"
  elseif redis.call("HEXISTS", key.meta, "reserve|" .. substitute) == 0 then
    return "substitute.reserve"
  elseif redis.call("HEXISTS", key.meta, "judge|" .. judge) == 0
    or redis.call("HEXISTS", key.meta, "replaced|" .. judge .. "|" .. project) == 1 then
    return "substitute.seat"
  end
  for _, one in ipairs(from) do
    if has_given(key, judge .. "|" .. one) then
      return "substitute.voted"
    end
  end
  for _, one in ipairs(from) do -- nobody's card changes its owner once it was shown
    if is_shown(key, one) then
      return "cards.shown"
    end
  end
end

-- subject: the judge, who comes for them, who asks; number: the project
ACTS["ask-substitute"] = function(key, subject, number, poll)
  local judge, substitute, by = string.match(subject, "^(.-)|(.-)|(.*)$")
  local refusal = taken(key, poll, judge, substitute, number)
  if refusal then
    return refusal
  end
  return nil, function(sequence)
    redis.call("HSET", key.meta, "seat_asked", judge .. "|" .. substitute .. "|" .. number .. "|" .. by)
    redis.call("HSET", key.ballots, "ask-substitute", sequence)
  end
end

-- subject: who signs; number: the request's entry
function ACTS.substitute(key, subject, number, poll)
  if redis.call("HGET", key.ballots, "ask-substitute") ~= number then
    return "substitute.moved_on"
  end
  local asked = redis.call("HGET", key.meta, "seat_asked")
  local judge, substitute, project, by = string.match(asked, "^(.-)|(.-)|(.-)|(.*)$")
  if subject == by or subject == judge or subject == substitute then
    return "substitute.second_person"
  end
  local refusal = taken(key, poll, judge, substitute, project)
  if refusal then
    return refusal
  end
  return nil, function()
    local from, before = parted(key, project)
    for _, one in ipairs(from) do
      redis.call("HSET", key.meta, "replaced|" .. judge .. "|" .. one, "1")
      if redis.call("HEXISTS", key.meta, "elsewhere|" .. judge .. "|" .. one) == 1 then
        redis.call("HSET", key.meta, "elsewhere|" .. substitute .. "|" .. one, "1")
      end
    end
    for _, one in ipairs(before) do
      redis.call("HSET", key.meta, "replaced|" .. substitute .. "|" .. one, "1")
    end
    local seat = redis.call("HGET", key.meta, "seat_of|" .. judge) or judge
    redis.call("HSET", key.meta, "judge|" .. substitute, "1", "gone|" .. judge, "1", "seat_of|" .. substitute, seat)
    redis.call("HDEL", key.meta, "reserve|" .. substitute, "seat_asked")
    redis.call("HSET", key.ballots, "seat|" .. judge, number)
    redis.call("HDEL", key.ballots, "ask-substitute")
  end
end
