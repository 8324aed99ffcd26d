-- What only looks.

-- args: the number of the ledger entry after which entries are wanted too
-- ok: {genesis, sequence, state, announced, confirmed_at or "", version, countersigned_by or "", published or "",
--      the question that the jury votes on or "", until when or ""},
--     {project, round, 1 if open, closes_at, sequence of its first opening or "", ...}, {name, sequence, kind, at, body, ...} of what is in force,
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
    local closes_at = string.match(stored[i + 1], "|(%d*)$")
    -- Whoever counts down to it does so by the caller's clock.
    windows[#windows + 1] = closes_at == "" and "" or text(tonumber(closes_at) - poll.ahead)
    windows[#windows + 1] = round == "1" and redis.call("HGET", key.meta, "first|" .. project) or ""
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
  local question, ends = asking(key, poll.at)
  local about = {meta[1], text(poll.sequence), poll.state, text(poll.announced), meta[2] or "", text(version(key)),
    meta[3] or "", published(key) or "", question or "", question and text(ends - poll.ahead) or ""}
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

-- ok: {sequence, words, ...}
local function words(keys)
  local key = named(keys)
  if not find(key) then
    return {"poll.unknown"}
  end
  return {"ok", redis.call("HGETALL", key.words)}
end

reads("roadshow_voting_words", words)
reads("roadshow_voting_read", read)
reads("roadshow_voting_ledger", ledger)
