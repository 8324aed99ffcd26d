-- What judges write to the projects' teams. It counts for nothing, so it is in no entry of the ledger.
--
-- In comments: words|J|P and seal|J|P, as the newest was sent; revision|J|P: how many were; fate|J|P: "released" or
-- "withheld", missing while nobody has looked it through; reason|J|P: why it is withheld.

-- args: judge, project, words (empty: takes back what was written), seal, the newest revision as the judge knows it,
--       "1" where the result releases comments
-- ok: the number of its revision
local function comment(keys, args)
  local key = named(keys)
  local pair, words, seal, expected, at_once = args[1] .. "|" .. args[2], args[3], args[4], args[5], args[6] == "1"
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local read = redis.call("HMGET", key.comments, "words|" .. pair, "revision|" .. pair, "fate|" .. pair)
  local former, revision, fate = read[1] or "", read[2] or "0", read[3]
  if former == words then
    repeated(key)
    return {"ok", revision}
  elseif fate == "released" or (at_once and poll.state == "revealed" and former ~= "") then
    return {"comment.stands"}
  elseif revision ~= expected then
    return {"comment.moved_on"}
  end
  revision = text(tonumber(revision) + 1)
  redis.call("HDEL", key.comments, "words|" .. pair, "seal|" .. pair, "fate|" .. pair, "reason|" .. pair)
  redis.call("HSET", key.comments, "revision|" .. pair, revision)
  if words ~= "" then
    redis.call("HSET", key.comments, "words|" .. pair, words, "seal|" .. pair, seal)
  end
  return {"ok", revision}
end

-- args: judge, project, revision, "released" or "withheld", why, who decides
local function decide_comment(keys, args)
  local key = named(keys)
  local pair, revision, fate, reason, by = args[1] .. "|" .. args[2], args[3], args[4], args[5], args[6]
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local read = redis.call("HMGET", key.comments, "words|" .. pair, "revision|" .. pair, "fate|" .. pair,
    "reason|" .. pair)
  if poll.state ~= "revealed" then
    return {"result.sealed"}
  elseif in_conflict(key, by, {args[2]}, 1, 1) then
    return {"ruling.conflict"}
  elseif office_refuses(key, "comment", by, args[1], {args[2]}, 1, 1) then
    return {"result.not_chair"}
  elseif not read[1] or read[2] ~= revision then
    return {"comment.moved_on"}
  elseif read[3] == fate and (read[4] or "") == reason then
    return repeated(key)
  elseif read[3] == "released" then
    return {"comment.stands"}
  end
  redis.call("HSET", key.comments, "fate|" .. pair, fate, "reason|" .. pair, reason)
  return OK
end

-- ok: {field, value, …}
local function comments(keys)
  local key = named(keys)
  if not find(key) then
    return {"poll.unknown"}
  end
  return {"ok", redis.call("HGETALL", key.comments)}
end

writes("roadshow_voting_comment", comment)
writes("roadshow_voting_decide_comment", decide_comment)
reads("roadshow_voting_comments", comments)
