#!lua name=roadshow_voting

-- The acts of a poll, each one atomic. roadshow/voting/ports.py (VoteStore) is their contract.
--
-- Keys, always these six, all of one slot:
--   meta      hash: genesis, spec, state, sequence, at, settled, announced, confirmed_at, repeats;
--             judge|J, project|P, recused|J|P for whoever and whatever the poll knows
--   windows   hash: project -> "open|<closes_at>" or "closed|<closes_at>", ms, empty for no deadline
--   ballots   hash: judge|project -> sequence of the ledger entry with its newest revision, and that revision
--   commands  hash: command id -> sequence of the ledger entry it made
--   ledger    stream: entry n has the id n-0; fields kind, at (ms), body (canonical JSON)
--   result    stream: the confirmed result; its id is that of the ledger entry that confirmed it
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
local function find(key)
  local read = redis.call("HMGET", key.meta, "state", "sequence", "at", "announced")
  if not read[1] then
    return nil
  end
  return {state = read[1], sequence = tonumber(read[2]), at = now(read[3]), announced = tonumber(read[4])}
end

local function append(key, poll, kind, body)
  poll.sequence = poll.sequence + 1
  redis.call("XADD", key.ledger, text(poll.sequence) .. "-0", "kind", kind, "at", text(poll.at), "body", body)
  redis.call("HSET", key.meta, "sequence", text(poll.sequence), "at", text(poll.at))
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
  local genesis = redis.call("HGET", key.meta, "genesis")
  if genesis then
    return genesis == args[1] and repeated(key) or {"poll.changed"}
  end
  redis.call("HSET", key.meta, "genesis", args[1], "spec", args[2], "state", "sealed", "sequence", "0", "at", "0",
    "announced", "0", "settled", "")
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
  local window = redis.call("HGET", key.windows, project)
  if is_open(window, poll.at) and window == "open|" .. closes_at then
    return repeated(key)
  end
  redis.call("HSET", key.windows, project, "open|" .. closes_at)
  append(key, poll, "open", head .. (closes_at == "" and "null" or closes_at) .. tail)
  return OK
end

-- args: project, body
local function close_window(keys, args)
  local key = named(keys)
  local project, body = args[1], args[2]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  elseif redis.call("HEXISTS", key.meta, "project|" .. project) == 0 then
    return {"project.unknown"}
  end
  local closes_at = string.match(redis.call("HGET", key.windows, project) or "", "^open|(%d*)$")
  if not closes_at or poll.state ~= "sealed" then
    return repeated(key)
  end
  redis.call("HSET", key.windows, project, "closed|" .. closes_at)
  append(key, poll, "close", body)
  return OK
end

-- args: judge, project, command, kind, expected revision (empty: any), the body before and after the revision,
--       the most revisions, the body of the entry that closes a window whose time is over
-- ok: sequence, at, body
local function cast(keys, args)
  local key = named(keys)
  local judge, project, command, kind, expected = args[1], args[2], args[3], args[4], args[5]
  local head, tail, most, close_body = args[6], args[7], args[8], args[9]
  local poll = find(key)
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

  local knows = redis.call("HMGET", key.meta, "judge|" .. judge, "project|" .. project,
    "recused|" .. judge .. "|" .. project)
  if not knows[1] or not knows[2] then
    return {"ballot.not_entitled"}
  end
  local revision = 0
  local newest = redis.call("HGET", key.ballots, judge .. "|" .. project)
  if newest then
    local sequence
    sequence, revision = string.match(newest, "^(%d+)|(%d+)$")
    revision = tonumber(revision)
    if entry(key, sequence).kind == "recuse" then
      return {"ballot.recused"}
    end
  end
  if knows[3] then
    return {"ballot.recused"}
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  end
  local window = redis.call("HGET", key.windows, project)
  if not is_open(window, poll.at) then
    local closes_at = string.match(window or "", "^open|(%d+)$")
    if closes_at then -- its time is over, and now somebody has been told so
      redis.call("HSET", key.windows, project, "closed|" .. closes_at)
      append(key, poll, "close", close_body)
    end
    return {"ballot.closed"}
  elseif expected ~= "" and tonumber(expected) ~= revision then
    return {"ballot.stale", text(revision)}
  elseif revision >= tonumber(most) then
    return {"ballot.too_many"}
  end

  local body = head .. text(revision + 1) .. tail
  append(key, poll, kind, body)
  local sequence = text(poll.sequence)
  redis.call("HSET", key.ballots, judge .. "|" .. project, sequence .. "|" .. text(revision + 1))
  redis.call("HSET", key.commands, command, sequence)
  return {"ok", sequence, text(poll.at), body}
end

-- args: order (ids joined by commas), command, body
local function settle(keys, args)
  local key = named(keys)
  local order, command, body = args[1], args[2], args[3]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, "settle", body)
  if answer then
    return answer
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  end
  append(key, poll, "settle", body)
  local before = redis.call("HGET", key.meta, "settled")
  redis.call("HSET", key.meta, "settled", before == "" and order or before .. ";" .. order)
  redis.call("HSET", key.commands, command, text(poll.sequence))
  return OK
end

-- args: result, the sequence it was worked out at, command, the body before and after the result's hash
local function confirm(keys, args)
  local key = named(keys)
  local result, at_sequence, command, head, tail = args[1], args[2], args[3], args[4], args[5]
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
  redis.call("HSET", key.meta, "state", "confirmed", "confirmed_at", text(poll.at))
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
-- ok: {genesis, sequence, state, settled, announced, confirmed_at or ""}, {project, 1 if open, closes_at, ...},
--     {sequence, kind, at, body, ...} of the newest ballots, result or "", entries as XRANGE gives them
local function read(keys, args)
  local key = named(keys)
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local windows = {}
  local stored = redis.call("HGETALL", key.windows)
  for i = 1, #stored, 2 do
    windows[#windows + 1] = stored[i]
    windows[#windows + 1] = is_open(stored[i + 1], poll.at) and "1" or "0"
    windows[#windows + 1] = string.match(stored[i + 1], "|(%d*)$")
  end
  local ballots = {}
  for _, newest in ipairs(redis.call("HVALS", key.ballots)) do
    local sequence = string.match(newest, "^%d+")
    local ballot = entry(key, sequence)
    for _, value in ipairs({sequence, ballot.kind, ballot.at, ballot.body}) do
      ballots[#ballots + 1] = value
    end
  end
  local meta = redis.call("HMGET", key.meta, "genesis", "settled", "confirmed_at")
  local result = redis.call("XREVRANGE", key.result, "+", "-", "COUNT", 1)[1]
  local about = {meta[1], text(poll.sequence), poll.state, meta[2], text(poll.announced), meta[3] or ""}
  local entries = redis.call("XRANGE", key.ledger, "(" .. args[1] .. "-0", "+")
  return {"ok", about, windows, ballots, result and result[2][2] or "", entries}
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
redis.register_function("roadshow_voting_settle", settle)
redis.register_function("roadshow_voting_confirm", confirm)
redis.register_function("roadshow_voting_announce", announce)
redis.register_function{function_name = "roadshow_voting_read", callback = read, flags = {"no-writes"}}
redis.register_function{function_name = "roadshow_voting_ledger", callback = ledger, flags = {"no-writes"}}
