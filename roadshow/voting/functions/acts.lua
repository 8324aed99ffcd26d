-- What each act needs and does. A refusal's code, or nil and what to do once the entry is there.
-- subject: what it is about; number: what it was decided upon.
local ACTS = {}

function ACTS.settle(key, subject, number, poll)
  if not poll.closed then
    return "count.open"
  end
  return nil, function(sequence)
    redis.call("HSET", key.ballots, "settle|" .. sequence, sequence)
  end
end

-- Where ballots are no scores: whether one of the judge's has the project in it, in whosever window it was sent. What is
-- sealed may have it; the service, which can read it, has looked.
local function is_ordered(key, subject)
  local judge, project = string.match(subject, "^(.*)|(.*)$")
  for _, window in ipairs(redis.call("HKEYS", key.windows)) do
    local sent = redis.call("HGET", key.ballots, "ballot|" .. judge .. "|" .. window)
    local order = sent and entry(key, sent)
    local given = order and (string.match(order.body, '"scores":(%b{})') or "")
    local has = order and (window == project .. "|1" or string.find(given, '"' .. project .. '":', 1, true)
      or string.find(order.body, '"sealed":', 1, true))
    if has and order.kind == "ballot" and string.match(window, "|1$") then
      return true
    end
  end
  return false
end

function ACTS.void(key, subject)
  local counts = redis.call("HGET", key.ballots, "ballot|" .. subject .. "|1")
  local kind = counts and entry(key, counts).kind
  if redis.call("HEXISTS", key.ballots, "void|" .. subject) == 1 then
    return "ballot.void"
  elseif redis.call("HEXISTS", key.meta, "orders") == 1 then
    if not is_ordered(key, subject) then
      return "ballot.none"
    end
  elseif not SCORED[kind] then
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
    card_decided(key, subject, number, true)
  end
end

function ACTS.reject(key, subject, number)
  if redis.call("HGET", key.ballots, "late|" .. subject) ~= number then
    return "late.moved_on"
  end
  return nil, function()
    redis.call("HDEL", key.ballots, "late|" .. subject)
    card_decided(key, subject, number, false)
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

ACTS["close-count"] = function(key, subject, number, poll)
  if poll.closed then
    return "count.closed"
  elseif tonumber(number) ~= poll.count then
    return "count.moved_on"
  elseif any_open(key, poll.at) then
    return "poll.open"
  end
  for _, name in ipairs(redis.call("HKEYS", key.ballots)) do
    if begins(name, "late|") then
      return "result.late"
    end
  end
  if card_waits(key) then
    return "paper.unconfirmed"
  end
  return nil, function(sequence)
    redis.call("HSET", key.meta, "closed", "1")
    redis.call("HSET", key.ballots, "count|" .. number, sequence)
  end
end

-- subject: who asks, and how many counts there may be
ACTS["ask-reopening"] = function(key, subject, number, poll)
  local by, most = string.match(subject, "^(.*)|(%d+)$")
  if poll.state == "revealing" or poll.state == "revealed" then
    return "result.announced"
  elseif not poll.closed then
    return "count.open"
  elseif tonumber(number) ~= poll.count then
    return "count.moved_on"
  elseif poll.count >= tonumber(most) then
    return "count.no_more"
  end
  return nil, function(sequence)
    redis.call("HSET", key.meta, "asked_by", by)
    redis.call("HSET", key.ballots, "ask", sequence)
  end
end

function ACTS.reopen(key, subject, number, poll)
  if poll.state == "revealing" or poll.state == "revealed" then
    return "result.announced"
  elseif redis.call("HGET", key.ballots, "ask") ~= number then
    return "count.moved_on"
  elseif redis.call("HGET", key.meta, "asked_by") == subject
    or redis.call("HEXISTS", key.meta, "judge|" .. subject) == 1 then
    return "count.second_person"
  elseif any_open(key, poll.at) then
    return "poll.open"
  end
  return nil, function(sequence)
    local count = text(poll.count + 1)
    redis.call("HSET", key.meta, "state", "sealed", "count", count, "closed", "0")
    redis.call("HDEL", key.meta, "confirmed_at", "countersigned_by", "asked_by")
    redis.call("HSET", key.ballots, "count|" .. count, sequence)
    redis.call("HDEL", key.ballots, "ask")
  end
end

ACTS["show-cards"] = show_cards

-- These move a score: none of them once the count is closed, and in a later count each one once. With what it is called
-- that they rule upon.
local RULINGS = {void = "ballots|", restore = "ballots|", penalty = "penalty|", accept = "late|", reject = "late|"}
-- These are about a result that was confirmed, or may be; all others come before.
local AFTER = {countersign = true, reopen = true, ["ask-reopening"] = true, ["ask-chair"] = true, ["pass-chair"] = true}

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

-- args: kind, command, body, subject (ids joined by "|"), number, who does it, the projects it decides something about
local function act(keys, args)
  local key = named(keys)
  local kind, command, body, subject, number, by = args[1], args[2], args[3], args[4], args[5], args[6]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, kind, body)
  if answer then
    return answer
  elseif poll.state ~= "sealed" and not AFTER[kind] then
    return {"result.confirmed"}
  elseif in_conflict(key, by, args, 7, 1) then
    return {"ruling.conflict"}
  end
  local judge = RULINGS[kind] and string.match(subject, "^(.*)|")
  local not_theirs = office_refuses(key, kind, by, judge, args, 7, 1)
  if not_theirs then
    return {not_theirs}
  end
  local ruled = RULINGS[kind] and "ruled|" .. text(poll.count) .. "|" .. RULINGS[kind] .. subject
  if ruled and poll.closed then
    return {"count.closed"}
  elseif ruled and is_shown_now(key, args[7], poll) then
    return {"cards.shown"}
  elseif ruled and redis.call("HEXISTS", key.meta, ruled) == 1 then
    return {"ruling.repeated"}
  end
  local refusal, carry_out = ACTS[kind](key, subject, number, poll)
  if refusal then
    return {refusal}
  end
  if ruled and poll.count > 1 then
    redis.call("HSET", key.meta, ruled, "1")
  end
  append(key, poll, kind, body)
  carry_out(text(poll.sequence))
  redis.call("HSET", key.commands, command, text(poll.sequence))
  return OK
end

writes("roadshow_voting_act", act)
