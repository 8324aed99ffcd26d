#!lua name=roadshow_voting

-- The acts of a poll, each one atomic. roadshow/voting/ports.py (VoteStore) is their contract.
--
-- Keys, always these six, all of one slot:
--   meta      hash: genesis, spec, state, sequence, at, rounds, announced, confirmed_at, countersigned_by, repeats;
--             judge|J, project|P, recused|J|P for whoever and whatever the poll knows;
--             revision|J|P|round: how many ballots there were, late ones among them
--   windows   hash: project|round -> "open|<closes_at>" or "closed|<closes_at>", ms, empty for no deadline
--   ballots   hash: what is in force -> sequence of its ledger entry. ballot|J|P|round: what counts; late|J|P: waits for
--             the chair; void|J|P, penalty|P, settle|sequence, revote|round
--   commands  hash: command id -> sequence of the ledger entry it made
--   ledger    stream: entry n has the id n-0; fields kind, at (ms), body (canonical JSON)
--   result    stream: every version of the confirmed result; its id is that of the ledger entry that confirmed it
--
-- Answers: {"ok", ...} or {<error code>, ...}. No answer of a refused act tells a score.
--
-- Every acknowledgement comes right after a write, also that of a command which was seen before: where the store is
-- replicated, WAITAOF on the same connection then covers the first act as well as the repetition.
--
-- Bodies come ready from the caller, whole or as the parts around the one number that only the store knows, because
-- cjson does not sort keys. Hashes are not computed here: the order of entries is all that only the store can decide.

local OK = {"ok"}

local function text(number)
  return string.format("%.0f", number)
end

-- Milliseconds since the epoch, never before the newest entry: a clock set back cannot reopen what was seen closed.
local function now(last)
  local time = redis.call("TIME")
  return math.max(tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), tonumber(last))
end

local function named(keys)
  return {meta = keys[1], windows = keys[2], ballots = keys[3], commands = keys[4], ledger = keys[5], result = keys[6]}
end

local function is_open(window, at)
  if not window then
    return false
  end
  local closes_at = string.match(window, "^open|(%d*)$")
  return closes_at ~= nil and (closes_at == "" or at < tonumber(closes_at))
end

local function any_open(key, at)
  for _, window in ipairs(redis.call("HVALS", key.windows)) do
    if is_open(window, at) then
      return true
    end
  end
  return false
end

-- The poll as far as every act needs it, or nil.
-- After it, what else is wanted of meta, from the sixth value on.
local function find(key, ...)
  local read = redis.call("HMGET", key.meta, "state", "sequence", "at", "announced", "rounds", ...)
  if not read[1] then
    return nil
  end
  return {state = read[1], sequence = tonumber(read[2]), at = now(read[3]), announced = tonumber(read[4]),
    rounds = tonumber(read[5])}, read
end

-- The rest: fields of meta that change with it, each followed by its value.
local function append(key, poll, kind, body, ...)
  poll.sequence = poll.sequence + 1
  redis.call("XADD", key.ledger, text(poll.sequence) .. "-0", "kind", kind, "at", text(poll.at), "body", body)
  redis.call("HSET", key.meta, "sequence", text(poll.sequence), "at", text(poll.at), ...)
end

-- Nothing to do, and yet a write: see above.
local function repeated(key)
  redis.call("HINCRBY", key.meta, "repeats", 1)
  return OK
end

local function entry(key, sequence)
  local id = sequence .. "-0"
  local fields = redis.call("XRANGE", key.ledger, id, id)[1][2]
  return {kind = fields[2], at = fields[4], body = fields[6]}
end

local function begins(body, head)
  return string.sub(body, 1, #head) == head
end

-- For an act of the chair or the organiser. nil: the command is new. Else the answer to it.
local function answered(key, command, kind, head)
  local sequence = redis.call("HGET", key.commands, command)
  if not sequence then
    return nil
  end
  local first = entry(key, sequence)
  if first.kind == kind and begins(first.body, head) then
    return repeated(key)
  end
  return {"command.reused"}
end

-- args: genesis, spec, then judge|J, project|P and recused|J|P as many as there are
local function prepare(keys, args)
  local key = named(keys)
  local stored = redis.call("HMGET", key.meta, "genesis", "spec", "sequence")
  if stored[1] == args[1] then
    return repeated(key)
  elseif stored[1] and stored[3] ~= "0" then
    return {"poll.changed", stored[2]}
  end
  redis.call("DEL", key.meta)
  redis.call("HSET", key.meta, "genesis", args[1], "spec", args[2], "state", "sealed", "sequence", "0", "at", "0",
    "announced", "0", "rounds", "1")
  for i = 3, #args do
    redis.call("HSET", key.meta, args[i], "1")
  end
  return OK
end

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
  end
  local closes_at = closes_in == "" and "" or text(poll.at + tonumber(closes_in))
  local window = redis.call("HGET", key.windows, project .. "|1")
  if is_open(window, poll.at) and window == "open|" .. closes_at then
    return repeated(key)
  end
  redis.call("HSET", key.windows, project .. "|1", "open|" .. closes_at)
  append(key, poll, "open", head .. (closes_at == "" and "null" or closes_at) .. tail)
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

-- args: judge, project, round, command, kind, expected revision (empty: any), the body before and after the revision,
--       the most revisions, the body of the entry that closes a window whose time is over
-- ok: sequence, at, body
local function cast(keys, args)
  local key = named(keys)
  local judge, project, round, command, kind, expected = args[1], args[2], args[3], args[4], args[5], args[6]
  local head, tail, most, close_body = args[7], args[8], args[9], args[10]
  local pair = judge .. "|" .. project
  local numbered = "revision|" .. pair .. "|" .. round
  local poll, read = find(key, "judge|" .. judge, "project|" .. project, "recused|" .. pair, numbered)
  if not poll then
    return {"poll.unknown"}
  end

  local seen = redis.call("HGET", key.commands, command)
  if seen then
    local first = entry(key, seen)
    local revision = begins(first.body, head) and string.match(first.body, "^%d+", #head + 1)
    if first.kind ~= kind or not revision or first.body ~= head .. revision .. tail then
      return {"ballot.command_reused"}
    end
    repeated(key)
    return {"ok", seen, first.at, first.body}
  end

  local is_set_aside, has_late = unpack(redis.call("HMGET", key.ballots, "void|" .. pair, "late|" .. pair))
  if not read[6] or not read[7] then
    return {"ballot.not_entitled"}
  elseif read[8] then
    return {"ballot.recused"}
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  elseif kind ~= "recuse" and is_set_aside then
    return {"ballot.void"}
  end
  local field = project .. "|" .. round
  local window = redis.call("HGET", key.windows, field)
  local opened = is_open(window, poll.at)
  if kind == "recuse" and not opened then -- a conflict may also come to mind during a re-vote
    opened = is_open(redis.call("HGET", key.windows, project .. "|" .. text(poll.rounds)), poll.at)
  end
  local closes_at = not opened and string.match(window or "", "^open|(%d+)$")
  if kind == "late" and opened then
    return {"ballot.open"}
  elseif (kind == "late" and not window) or (kind ~= "late" and not opened) then
    if closes_at then -- its time is over, and now somebody has been told so
      redis.call("HSET", key.windows, field, "closed|" .. closes_at)
      append(key, poll, "close", close_body)
    end
    return {"ballot.closed"}
  end
  local revision = tonumber(read[9] or "0")
  if expected ~= "" and tonumber(expected) ~= revision then
    return {"ballot.stale", text(revision)}
  elseif revision >= tonumber(most) then
    return {"ballot.too_many"}
  end

  if closes_at then
    redis.call("HSET", key.windows, field, "closed|" .. closes_at)
    append(key, poll, "close", close_body)
  end
  local body = head .. text(revision + 1) .. tail
  append(key, poll, kind, body, numbered, text(revision + 1))
  local sequence = text(poll.sequence)
  redis.call("HSET", key.commands, command, sequence)
  if kind == "late" then
    redis.call("HSET", key.ballots, "late|" .. pair, sequence)
  else
    redis.call("HSET", key.ballots, "ballot|" .. pair .. "|" .. round, sequence)
    if round == "1" and has_late then
      redis.call("HDEL", key.ballots, "late|" .. pair)
    end
    if kind == "recuse" then
      redis.call("HSET", key.meta, "recused|" .. pair, "1")
    end
  end
  return {"ok", sequence, text(poll.at), body}
end

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

local function version(key)
  return redis.call("XLEN", key.result)
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

-- args: command, the body before and after the round, milliseconds the windows stay open or empty, then for each
--       project its id and the body of its window's entry before closes_at, and from there to the round
local function revote(keys, args)
  local key = named(keys)
  local command, head, tail, closes_in = args[1], args[2], args[3], args[4]
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
  end
  for i = 5, #args, 3 do
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
  for i = 5, #args, 3 do
    redis.call("HSET", key.windows, args[i] .. "|" .. round, "open|" .. closes_at)
    append(key, poll, "open", args[i + 1] .. (closes_at == "" and "null" or closes_at) .. args[i + 2] .. round .. "}")
  end
  return OK
end

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

-- args: the number of the ledger entry after which entries are wanted too
-- ok: {genesis, sequence, state, announced, confirmed_at or "", version, countersigned_by or ""},
--     {project, round, 1 if open, closes_at, ...}, {name, sequence, kind, at, body, ...} of what is in force,
--     result or "", entries as XRANGE gives them
local function read(keys, args)
  local key = named(keys)
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local windows = {}
  local stored = redis.call("HGETALL", key.windows)
  for i = 1, #stored, 2 do
    local project, round = string.match(stored[i], "^(.*)|(%d+)$")
    windows[#windows + 1] = project
    windows[#windows + 1] = round
    windows[#windows + 1] = is_open(stored[i + 1], poll.at) and "1" or "0"
    windows[#windows + 1] = string.match(stored[i + 1], "|(%d*)$")
  end
  local in_force = {}
  local names = redis.call("HGETALL", key.ballots)
  for i = 1, #names, 2 do
    local found = entry(key, names[i + 1])
    for _, value in ipairs({names[i], names[i + 1], found.kind, found.at, found.body}) do
      in_force[#in_force + 1] = value
    end
  end
  local meta = redis.call("HMGET", key.meta, "genesis", "confirmed_at", "countersigned_by")
  local about = {meta[1], text(poll.sequence), poll.state, text(poll.announced), meta[2] or "", text(version(key)),
    meta[3] or ""}
  local result = poll.state ~= "sealed" and redis.call("XREVRANGE", key.result, "+", "-", "COUNT", 1)[1]
  local entries = redis.call("XRANGE", key.ledger, "(" .. args[1] .. "-0", "+")
  return {"ok", about, windows, in_force, result and result[2][2] or "", entries}
end

-- args: the number of the entry before the first one wanted, how many
-- ok: entries as XRANGE gives them
local function ledger(keys, args)
  local key = named(keys)
  if not find(key) then
    return {"poll.unknown"}
  end
  return {"ok", redis.call("XRANGE", key.ledger, "(" .. args[1] .. "-0", "+", "COUNT", args[2])}
end

redis.register_function("roadshow_voting_prepare", prepare)
redis.register_function("roadshow_voting_open_window", open_window)
redis.register_function("roadshow_voting_close_window", close_window)
redis.register_function("roadshow_voting_cast", cast)
redis.register_function("roadshow_voting_act", act)
redis.register_function("roadshow_voting_revote", revote)
redis.register_function("roadshow_voting_confirm", confirm)
redis.register_function("roadshow_voting_announce", announce)
redis.register_function{function_name = "roadshow_voting_read", callback = read, flags = {"no-writes"}}
redis.register_function{function_name = "roadshow_voting_ledger", callback = ledger, flags = {"no-writes"}}
