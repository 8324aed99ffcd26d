#!lua name=roadshow_voting

-- The acts of a poll, each one atomic. roadshow/voting/ports.py (VoteStore) is their contract. The files of this folder
-- are one library, in the order that redis_store.py tells; here is what all of them stand on.
--
-- Keys, always these ten, all of one slot:
--   meta      hash: genesis, spec, state, sequence, at: the time of what was done last, rounds, announced, confirmed_at, countersigned_by, repeats,
--             ahead: milliseconds by which the poll's time is before the caller's clock;
--             count, closed: the number of the count (missing: 1), and 1 if it is closed; asked_by: who asks for another;
--             judge|J, project|P, recused|J|P for whoever and whatever the poll knows; elsewhere|J|P: scored by others;
--             first|P: entry that first opened its window; shown|P: the count in which its cards were shown;
--             late|J|P: sent a late ballot; ruled|count|...: what was ruled upon in a later count;
--             orders: 1 if ballots are, or comparisons; order: the projects as they pitch, joined by "|"; reserve|J: may take a seat; replaced|J|P: somebody else
--             has it, or had; gone|J: has none any more; seat_asked: who for whom, from which project on, who asks;
--             carries: 1 if points are taken over from earlier polls; carried: 1 once they were; through|P: may be scored;
--             calibrated: 1 once the ledger says which calibration rounds were held;
--             revision|J|P|round: how many ballots there were, late ones among them
--   windows   hash: project|round -> "open|<closes_at>" or "closed|<closes_at>", ms, empty for no deadline
--   ballots   hash: what is in force -> sequence of its ledger entry. ballot|J|P|round: what counts; late|J|P: waits for
--             the chair; void|J|P, penalty|P, settle|sequence, revote|round, count|number: what closed or opened it;
--             seat|J: the request by which J lost theirs; ask-substitute: one that waits;
--             chair|J: the request by which J lost the chair's office; ask-chair: one that waits (office.lua);
--             ask: a request for another count, which waits for a signature; shown|P: what showed its cards;
--             jury|sequence: questions to the jury, and votes on them; after|sequence: acts after the podium;
--             browser|sequence: what entered a judge's browser; key|J: the request for the judge's key, once it was
--             signed; ask-key|J: one that waits;
--             carried: what was taken over from earlier polls;
--             cards of paper: see paper.lua
--   commands  hash: command id -> sequence of the ledger entry it made
--   ledger    stream: entry n has the id n-0; fields kind, at (ms), body (canonical JSON)
--   result    stream: every version of the confirmed result; its id is that of the ledger entry that confirmed it
--   words     hash: sequence of a ledger entry -> what a judge said for it in their own words, or a team in an objection
--             and who it was, which is in no entry
--   seals     hash: sequence of a ledger entry -> the server's signature of it
--   comments  hash: what judges wrote to teams (comments.lua)
--   calibration  hash: rounds on samples, before the first window (calibration.lua)
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

-- Milliseconds since the epoch, never before what was done last: a clock set back cannot reopen what was seen closed.
local function now(last, ahead)
  return math.max(moment() + tonumber(ahead or 0), tonumber(last))
end

local function named(keys)
  return {meta = keys[1], windows = keys[2], ballots = keys[3], commands = keys[4], ledger = keys[5], result = keys[6],
    words = keys[7], seals = keys[8], comments = keys[9], calibration = keys[10]}
end

local function is_open(window, at)
  if not window then
    return false
  end
  local closes_at = string.match(window, "^open|(%d*)$")
  return closes_at ~= nil and (closes_at == "" or at < tonumber(closes_at))
end

-- Of a question to the jury, whether votes are taken for it (questions.lua).
local asking

-- Why it is not somebody's to do this now that the chair's office has passed, or nil (office.lua).
local office_refuses

local function any_open(key, at)
  for _, window in ipairs(redis.call("HVALS", key.windows)) do
    if is_open(window, at) then
      return true
    end
  end
  return asking(key, at) ~= nil
end

-- The poll as far as every act needs it, or nil.
-- After it, what else is wanted of meta, from the ninth value on.
local function find(key, ...)
  local read = redis.call("HMGET", key.meta, "state", "sequence", "at", "announced", "rounds", "ahead", "count", "closed",
    ...)
  if not read[1] then
    return nil
  end
  return {state = read[1], sequence = tonumber(read[2]), at = now(read[3], read[6]), announced = tonumber(read[4]),
    rounds = tonumber(read[5]), ahead = tonumber(read[6] or 0), count = tonumber(read[7] or 1), closed = read[8] == "1"},
    read
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

-- What is in force names its entry: one that is not there was taken out by somebody else. redis_store.py knows the word.
local function entry(key, sequence)
  local id = sequence .. "-0"
  local found = redis.call("XRANGE", key.ledger, id, id)[1]
  if not found then
    error({err = "REWRITTEN the ledger has no entry " .. sequence})
  end
  local fields = found[2]
  return {kind = fields[2], at = fields[4], body = fields[6]}
end

local function begins(body, head)
  return string.sub(body, 1, #head) == head
end

-- Whether somebody is recused from one of these projects: then nothing about it is theirs to decide.
local function in_conflict(key, by, projects, first, step)
  for i = first, #projects, step do
    if redis.call("HEXISTS", key.meta, "recused|" .. by .. "|" .. projects[i]) == 1 then
      return true
    end
  end
  return false
end

-- Why what a judge sends is not signed as it is to be, or nil. keyed, key: keyed and key|J of meta.
local function not_signed(keyed, key, own_key)
  if keyed and not key then
    return "key.needed"
  elseif keyed and key ~= own_key then
    return "key.other"
  end
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

-- Whether a project's cards were shown: then no ballot for it is taken, and no window of it opened.
local function is_shown(key, project)
  return redis.call("HEXISTS", key.meta, "shown|" .. project) == 1
end

-- Whether they were in this very count: then nothing is ruled upon it either.
local function is_shown_now(key, project, poll)
  return redis.call("HGET", key.meta, "shown|" .. project) == text(poll.count)
end

-- Kinds of entries that give scores.
local SCORED = {ballot = true, late = true, paper = true}

-- How many results were confirmed, those that were taken back among them.
local function version(key)
  return redis.call("XLEN", key.result)
end

-- With a server, or its clock, that is behind the newest entry, a poll's time would stand still until that is reached,
-- and a window of seconds be open for as long: it goes on from there at the clock's pace. Where no window is open,
-- nobody notices that it comes nearer to the clock again.
local function keep_time(key, last, ahead)
  local behind = math.max(tonumber(last) - moment(), 0)
  local known = tonumber(ahead or 0)
  if behind > known or (behind < known and not any_open(key, now(last, known))) then
    redis.call("HSET", key.meta, "ahead", text(behind))
  end
end

-- args: genesis, spec, then judge|J, project|P, recused|J|P, elsewhere|J|P and reserve|J as many as there are, and where
--       judges sign with keys of their own keyed and key|J|its text; carries if points are taken over; orders if ballots are
local function prepare(keys, args)
  local key = named(keys)
  local stored = redis.call("HMGET", key.meta, "genesis", "spec", "sequence", "at", "ahead")
  if stored[1] == args[1] then
    keep_time(key, stored[4], stored[5])
    return repeated(key)
  elseif stored[1] and stored[3] ~= "0" then
    return {"poll.changed", stored[2]}
  end
  redis.call("DEL", key.meta)
  redis.call("HSET", key.meta, "genesis", args[1], "spec", args[2], "state", "sealed", "sequence", "0", "at",
    stored[4] or "0", "announced", "0", "rounds", "1")
  keep_time(key, stored[4] or "0")
  local order = {}
  for i = 3, #args do
    local judge, own_key = string.match(args[i], "^key|([^|]*)|(.*)$")
    redis.call("HSET", key.meta, judge and "key|" .. judge or args[i], own_key or "1")
    order[#order + 1] = string.match(args[i], "^project|(.*)$")
  end
  redis.call("HSET", key.meta, "order", table.concat(order, "|"))
  return OK
end

writes("roadshow_voting_prepare", prepare)
