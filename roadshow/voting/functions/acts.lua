-- What each act needs and does. A refusal's code, or nil and what to do once the entry is there.
-- subject: what it is about; number: what it was decided upon.
local ACTS = {}

function ACTS.settle(key)
  return nil, function(sequence)
    redis.call("HSET", key.ballots, "settle|" .. sequence, sequence)
  end
end

function ACTS.void(key, subject)
  local counts = redis.call("HGET", key.ballots, "ballot|" .. subject .. "|1")
  local kind = counts and entry(key, counts).kind
  if redis.call("HEXISTS", key.ballots, "void|" .. subject) == 1 then
    return "ballot.void"
  elseif kind ~= "ballot" and kind ~= "late" then
    return "ballot.none"
  end
  return nil, function(sequence)
    redis.call("HSET", key.ballots, "void|" .. subject, sequence)
  end
end

function ACTS.restore(key, subject)
  if redis.call("HEXISTS", key.ballots, "void|" .. subject) == 0 then
    return "ballot.not_void"
  end
  return nil, function()
    redis.call("HDEL", key.ballots, "void|" .. subject)
  end
end

function ACTS.accept(key, subject, number)
  if redis.call("HGET", key.ballots, "late|" .. subject) ~= number then
    return "late.moved_on"
  elseif redis.call("HEXISTS", key.ballots, "void|" .. subject) == 1 then
    return "ballot.void"
  end
  return nil, function()
    redis.call("HSET", key.ballots, "ballot|" .. subject .. "|1", number)
    redis.call("HDEL", key.ballots, "late|" .. subject)
  end
end

function ACTS.reject(key, subject, number)
  if redis.call("HGET", key.ballots, "late|" .. subject) ~= number then
    return "late.moved_on"
  end
  return nil, function()
    redis.call("HDEL", key.ballots, "late|" .. subject)
  end
end

function ACTS.penalty(key, subject, number)
  if redis.call("HEXISTS", key.meta, "project|" .. subject) == 0 then
    return "project.unknown"
  end
  return nil, function(sequence)
    if number == "0" then
      redis.call("HDEL", key.ballots, "penalty|" .. subject)
    else
      redis.call("HSET", key.ballots, "penalty|" .. subject, sequence)
    end
  end
end

-- These two are about a result that was confirmed; all others come before.
local AFTER = {countersign = true, reopen = true}

function ACTS.countersign(key, subject, number, poll)
  if poll.state == "sealed" then
    return "result.sealed"
  elseif version(key) ~= tonumber(number) then
    return "result.moved_on"
  elseif poll.state ~= "awaiting" then
    return "result.confirmed"
  end
  return nil, function()
    redis.call("HSET", key.meta, "state", "confirmed", "countersigned_by", subject)
  end
end

function ACTS.reopen(key, subject, number, poll)
  if poll.state == "sealed" then
    return "result.sealed"
  elseif poll.state == "revealing" or poll.state == "revealed" then
    return "result.announced"
  elseif version(key) ~= tonumber(number) then
    return "result.moved_on"
  end
  return nil, function()
    redis.call("HSET", key.meta, "state", "sealed")
    redis.call("HDEL", key.meta, "confirmed_at", "countersigned_by")
  end
end

-- args: kind, command, body, subject (ids joined by "|"), number
local function act(keys, args)
  local key = named(keys)
  local kind, command, body, subject, number = args[1], args[2], args[3], args[4], args[5]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, kind, body)
  if answer then
    return answer
  elseif poll.state ~= "sealed" and not AFTER[kind] then
    return {"result.confirmed"}
  end
  local refusal, carry_out = ACTS[kind](key, subject, number, poll)
  if refusal then
    return {refusal}
  end
  append(key, poll, kind, body)
  carry_out(text(poll.sequence))
  redis.call("HSET", key.commands, command, text(poll.sequence))
  return OK
end

writes("roadshow_voting_act", act)
