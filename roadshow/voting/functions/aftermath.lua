-- After the last place was announced: objections, rulings, amendments.
--
-- In meta: published, when the last place was announced; amended, amendments: when the newest amendment was signed, and
-- how many there are; objected|amendments|team: how often it has; objection|sequence: 1 open, 0 ruled upon;
-- changed|P|change: signed once; out|P: disqualified; request and request_by, _project, _change, _objection: what waits
-- for a signature. Private, in words: what an objection says and who says it, by the number of its entry.

local AFTER_ACTS = {}

-- Of polls from before there were objections, the newest entry is the last announcement.
local function published(key)
  local read = redis.call("HMGET", key.meta, "published", "at", "state")
  return read[3] == "revealed" and (read[1] or read[2]) or nil
end

local function is_final(key, poll, term)
  local since = tonumber(redis.call("HGET", key.meta, "amended") or published(key))
  return poll.at >= since + tonumber(term)
end

local function is_objection_open(key, number)
  return redis.call("HGET", key.meta, "objection|" .. number) == "1"
end

local function forget_request(key)
  redis.call("HDEL", key.meta, "request", "request_by", "request_project", "request_change", "request_objection")
end

function AFTER_ACTS.object(key, poll, given)
  local amendments = redis.call("HGET", key.meta, "amendments") or "0"
  local counter = "objected|" .. amendments .. "|" .. given.subject
  if is_final(key, poll, given.term) then
    return "result.final"
  elseif tonumber(redis.call("HGET", key.meta, counter) or 0) >= tonumber(given.number) then
    return "objection.too_many"
  end
  return nil, function(sequence)
    redis.call("HINCRBY", key.meta, counter, 1)
    redis.call("HSET", key.meta, "objection|" .. sequence, "1")
    redis.call("HSET", key.words, sequence, given.private)
  end
end

function AFTER_ACTS.rule(key, poll, given)
  if not is_objection_open(key, given.number) then
    return "objection.closed"
  end
  return nil, function()
    redis.call("HSET", key.meta, "objection|" .. given.number, "0")
    if redis.call("HGET", key.meta, "request_objection") == given.number then
      forget_request(key)
    end
  end
end

-- subject: the project; change: what is to become of it; number: the objection that is upheld with it, or empty
AFTER_ACTS["ask-amendment"] = function(key, poll, given)
  if redis.call("HEXISTS", key.meta, "project|" .. given.subject) == 0 then
    return "project.unknown"
  elseif given.number ~= "" and not is_objection_open(key, given.number) then
    return "objection.closed"
  elseif given.number == "" and is_final(key, poll, given.term) then
    return "result.final"
  elseif redis.call("HEXISTS", key.meta, "changed|" .. given.subject .. "|" .. given.change) == 1 then
    return "amendment.repeated"
  elseif given.change == "reinstate" and redis.call("HEXISTS", key.meta, "out|" .. given.subject) == 0 then
    return "amendment.none"
  end
  return nil, function(sequence)
    redis.call("HSET", key.meta, "request", sequence, "request_by", given.by, "request_project", given.subject,
      "request_change", given.change, "request_objection", given.number)
  end
end

function AFTER_ACTS.amend(key, poll, given)
  local asked, by, project, change, objection = unpack(redis.call("HMGET", key.meta, "request", "request_by",
    "request_project", "request_change", "request_objection"))
  if not asked or asked ~= given.number then
    return "amendment.moved_on"
  elseif by == given.by or redis.call("HEXISTS", key.meta, "judge|" .. given.by) == 1 then
    return "amendment.second_person"
  elseif objection == "" and is_final(key, poll, given.term) then
    return "result.final"
  end
  return nil, function()
    redis.call("HSET", key.meta, "changed|" .. project .. "|" .. change, "1", "amended", text(poll.at))
    redis.call("HINCRBY", key.meta, "amendments", 1)
    if change == "disqualify" then
      redis.call("HSET", key.meta, "out|" .. project, "1")
    else
      redis.call("HDEL", key.meta, "out|" .. project)
    end
    if objection ~= "" then
      redis.call("HSET", key.meta, "objection|" .. objection, "0")
    end
    forget_request(key)
  end
end

-- args: kind, command, body, who does it, subject, change, number, the term in milliseconds, what is private; then all
--       projects of the field, of none of which whoever rules may be recused
-- ok: the number of its entry
local function after(keys, args)
  local key = named(keys)
  local kind, command, body = args[1], args[2], args[3]
  local given = {by = args[4], subject = args[5], change = args[6], number = args[7], term = args[8], private = args[9]}
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, kind, body)
  if answer then
    return answer[1] == "ok" and {"ok", redis.call("HGET", key.commands, command)} or answer
  end
  local since = published(key)
  if not since then
    return {"result.sealed"}
  elseif kind ~= "object" and in_conflict(key, given.by, args, 10, 1) then
    return {"ruling.conflict"}
  end
  local not_theirs = office_refuses(key, kind, given.by, nil, {}, 1, 1)
  if not_theirs then
    return {not_theirs}
  end
  local refusal, carry_out = AFTER_ACTS[kind](key, poll, given)
  if refusal then
    return {refusal}
  end
  append(key, poll, kind, body, "published", since)
  local sequence = text(poll.sequence)
  carry_out(sequence)
  redis.call("HSET", key.ballots, "after|" .. sequence, sequence)
  redis.call("HSET", key.commands, command, sequence)
  return {"ok", sequence}
end

writes("roadshow_voting_after", after)
