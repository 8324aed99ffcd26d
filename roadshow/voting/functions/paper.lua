-- Ballots by paper: a clerk types a judge's card in, another person confirms it.
--
-- In meta: typed|J|P: how often a card was; carded|J|P: one was confirmed.
-- In ballots: paper|J|P: the entry that typed it; paper-confirmed|J|P and paper-contested|J|P: what was said of it since.

local function forget_card(key, pair)
  redis.call("HDEL", key.ballots, "paper|" .. pair, "paper-confirmed|" .. pair, "paper-contested|" .. pair)
end

-- The chair's word on a ballot that waited: a card stands with its own acceptance and goes with that of another.
local function card_decided(key, pair, number, accepted)
  if accepted ~= (redis.call("HGET", key.ballots, "paper|" .. pair) == number) then
    forget_card(key, pair)
  end
end

-- Whether a card waits for another person's word: of a project, or (nil) of any.
local function card_waits(key, project)
  for _, name in ipairs(redis.call("HKEYS", key.ballots)) do
    local judge, about = string.match(name, "^paper|(.-)|(.*)$")
    if judge and (not project or about == project)
      and redis.call("HEXISTS", key.ballots, "paper-confirmed|" .. judge .. "|" .. about) == 0 then
      return true
    end
  end
  return false
end

-- Whether the judge has given anything for the project: by their own hand, or on a card that was not rejected.
local function has_given(key, pair)
  return redis.call("HEXISTS", key.meta, "revision|" .. pair .. "|1") == 1
    or redis.call("HEXISTS", key.meta, "carded|" .. pair) == 1
    or redis.call("HEXISTS", key.ballots, "paper|" .. pair) == 1
end

local CARD_ACTS = {}

function CARD_ACTS.paper(key, poll, given)
  local judge, project = given.judge, given.project
  local pair = judge .. "|" .. project
  local known = redis.call("HMGET", key.meta, "judge|" .. judge, "project|" .. project, "replaced|" .. pair,
    "recused|" .. pair, "elsewhere|" .. pair, "carded|" .. pair, "revision|" .. pair .. "|1", "typed|" .. pair)
  if not known[1] or not known[2] then
    return "ballot.not_entitled"
  elseif known[3] then
    return "ballot.replaced"
  elseif known[4] then
    return "ballot.recused"
  elseif known[5] then
    return "ballot.elsewhere"
  elseif redis.call("HEXISTS", key.ballots, "void|" .. pair) == 1 then
    return "ballot.void"
  elseif is_shown(key, project) then
    return "cards.shown"
  elseif known[6] then
    return "paper.used"
  elseif known[7] then
    return "paper.voted"
  elseif redis.call("HEXISTS", key.ballots, "paper|" .. pair) == 1 then
    return "paper.waiting"
  end
  local field = project .. "|1"
  local window = redis.call("HGET", key.windows, field)
  local opened = is_open(window, poll.at)
  local closes_at = not opened and string.match(window or "", "^open|(%d+)$")
  if closes_at then -- its time is over, and now somebody is told so, or acts upon it
    redis.call("HSET", key.windows, field, "closed|" .. closes_at)
    append(key, poll, "close", given.close_body)
  end
  if given.late == "1" and opened then
    return "ballot.open"
  elseif not opened and (given.late == "0" or not window) then
    return "ballot.closed"
  elseif tonumber(known[8] or "0") >= tonumber(given.most) then
    return "paper.too_many"
  end
  return nil, function(sequence)
    redis.call("HINCRBY", key.meta, "typed|" .. pair, 1)
    redis.call("HSET", key.ballots, "paper|" .. pair, sequence)
  end
end

-- The card that an entry typed, if it is in force: its pair, and who typed it.
local function card(key, number)
  local sequence = tonumber(number)
  if not sequence or sequence < 1 or sequence > tonumber(redis.call("HGET", key.meta, "sequence")) then
    return nil
  end
  local typed = entry(key, number)
  if typed.kind ~= "paper" then
    return nil
  end
  local body = cjson.decode(typed.body)
  local pair = body.judge .. "|" .. body.project
  if redis.call("HGET", key.ballots, "paper|" .. pair) ~= number then
    return nil
  end
  local confirmed = redis.call("HEXISTS", key.ballots, "paper-confirmed|" .. pair) == 1
  return {pair = pair, by = body.by, judge = body.judge, project = body.project, code = body.code, late = body.late,
    confirmed = confirmed, text = typed.body}
end

CARD_ACTS["confirm-paper"] = function(key, poll, given)
  local found = card(key, given.number)
  local tail = ',"scores":' .. given.scores .. "}"
  if not found or found.confirmed then
    return "paper.moved_on"
  elseif found.by == given.by or redis.call("HEXISTS", key.meta, "judge|" .. given.by) == 1
    or redis.call("HEXISTS", key.meta, "reserve|" .. given.by) == 1 then
    return "paper.second_person"
  elseif redis.call("HEXISTS", key.ballots, "void|" .. found.pair) == 1 then
    return "ballot.void"
  elseif found.code ~= given.code or string.sub(found.text, -#tail) ~= tail then
    return "paper.differs"
  end
  return nil, function(sequence)
    local waits = found.late and "late|" .. found.pair or "ballot|" .. found.pair .. "|1"
    redis.call("HSET", key.ballots, "paper-confirmed|" .. found.pair, sequence, waits, given.number)
    redis.call("HSET", key.meta, "carded|" .. found.pair, "1")
  end
end

CARD_ACTS["reject-paper"] = function(key, poll, given)
  local found = card(key, given.number)
  if not found or found.confirmed then
    return "paper.moved_on"
  end
  return nil, function()
    forget_card(key, found.pair)
  end
end

CARD_ACTS["contest-paper"] = function(key, poll, given)
  local found = card(key, given.number)
  if not found or not found.confirmed or found.judge ~= given.by then
    return "paper.moved_on"
  elseif is_shown_now(key, found.project, poll) then
    return "cards.shown"
  elseif redis.call("HEXISTS", key.ballots, "paper-contested|" .. found.pair) == 1 then
    return "paper.contested"
  end
  return nil, function(sequence)
    local counting = "ballot|" .. found.pair .. "|1"
    redis.call("HSET", key.ballots, "paper-contested|" .. found.pair, sequence)
    if redis.call("HGET", key.ballots, counting) == given.number then
      redis.call("HDEL", key.ballots, counting)
      redis.call("HSET", key.ballots, "late|" .. found.pair, given.number)
    end
  end
end

-- args: kind, command, body, who does it, judge, project, code, scores as canonical JSON, 1 if late, the number of the
--       entry it is about, the body of the entry that closes a window whose time is over, how often a card can be typed
-- ok: the number of its entry
local function paper(keys, args)
  local key = named(keys)
  local kind, command, body = args[1], args[2], args[3]
  local given = {by = args[4], judge = args[5], project = args[6], code = args[7], scores = args[8], late = args[9],
    number = args[10], close_body = args[11], most = args[12]}
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, kind, body)
  if answer then
    return answer[1] == "ok" and {"ok", redis.call("HGET", key.commands, command)} or answer
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  elseif poll.closed then
    return {"count.closed"}
  end
  local refusal, carry_out = CARD_ACTS[kind](key, poll, given)
  if refusal then
    return {refusal}
  end
  append(key, poll, kind, body)
  local sequence = text(poll.sequence)
  carry_out(sequence)
  redis.call("HSET", key.commands, command, sequence)
  return {"ok", sequence}
end

writes("roadshow_voting_paper", paper)
