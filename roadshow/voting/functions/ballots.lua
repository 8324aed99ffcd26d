-- What judges send: ballots, recusals, abstentions, late ballots.

-- args: judge, project, round, command, kind, expected revision (empty: any), the body before and after the revision,
--       the most revisions, the body of the entry that closes a window whose time is over, the judge's own words, the
--       key that it is signed with
-- ok: sequence, at, body
local function cast(keys, args)
  local key = named(keys)
  local judge, project, round, command, kind, expected = args[1], args[2], args[3], args[4], args[5], args[6]
  local head, tail, most, close_body, words, own_key = args[7], args[8], args[9], args[10], args[11], args[12]
  local pair = judge .. "|" .. project
  local numbered = "revision|" .. pair .. "|" .. round
  local poll, read = find(key, "judge|" .. judge, "project|" .. project, "recused|" .. pair, numbered,
    "late|" .. pair, "elsewhere|" .. pair,
    "replaced|" .. pair, "gone|" .. judge, "keyed", "key|" .. judge, "shown|" .. project)
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

  local is_set_aside, has_late, card = unpack(redis.call("HMGET", key.ballots, "void|" .. pair, "late|" .. pair,
    "paper|" .. pair))
  local unsigned = not_signed(read[17], read[18], own_key)
  if not read[9] or not read[10] then
    return {"ballot.not_entitled"}
  elseif (round == "1" and read[15]) or (round ~= "1" and read[16]) then
    return {"ballot.replaced"}
  elseif unsigned then
    return {unsigned}
  elseif read[11] then
    return {"ballot.recused"}
  elseif read[14] and round == "1" and kind ~= "recuse" then
    return {"ballot.elsewhere"}
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  elseif kind ~= "recuse" and is_set_aside then
    return {"ballot.void"}
  elseif poll.closed and round == "1" then
    return {"count.closed"}
  elseif round == "1" and read[19] then
    return {"cards.shown"}
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
  elseif kind == "late" and read[13] then
    return {"late.repeated"}
  end
  local revision = tonumber(read[12] or "0")
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
  if words ~= "" then
    redis.call("HSET", key.words, sequence, words)
  end
  -- What the judge sends goes before a card, but a late ballot not before one that counts.
  if card and round == "1"
    and not (kind == "late" and redis.call("HGET", key.ballots, "ballot|" .. pair .. "|1") == card) then
    forget_card(key, pair)
  end
  if kind == "late" then
    redis.call("HSET", key.ballots, "late|" .. pair, sequence)
    redis.call("HSET", key.meta, "late|" .. pair, "1")
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

writes("roadshow_voting_cast", cast)
