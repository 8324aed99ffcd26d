-- Who is who: in which browsers judges vote, and with which keys of their own.
--
-- In meta: browsers|J: in how many; keyed: judges sign what they send; key|J: with this key, empty: without one;
-- asked_keys|J: how often the judge asked for another; asked_key|sequence: for whom, who made the link, which key.

-- Why somebody does not vote here and now, or nil; and a counter of theirs.
local function no_vote(key, poll, judge, counter)
  local is_judge, count = unpack(redis.call("HMGET", key.meta, "judge|" .. judge, counter .. judge))
  if poll.sequence == 0 then
    return "ballot.closed"
  elseif not is_judge then
    return "ballot.not_entitled"
  end
  return nil, tonumber(count or 0)
end

-- subject: the judge; number: how many there may be
function ACTS.browser(key, subject, number, poll)
  local refusal, used = no_vote(key, poll, subject, "browsers|")
  if refusal or used >= tonumber(number) then
    return refusal or "browser.too_many"
  end
  return nil, function(sequence)
    redis.call("HINCRBY", key.meta, "browsers|" .. subject, 1)
    redis.call("HSET", key.ballots, "browser|" .. sequence, sequence)
  end
end

-- subject: the judge, who made the link, the key; number: how often a judge may ask
ACTS["ask-key"] = function(key, subject, number, poll)
  local judge = string.match(subject, "^([^|]*)|")
  if redis.call("HEXISTS", key.meta, "keyed") == 0 then
    return "key.off"
  end
  local refusal, asked = no_vote(key, poll, judge, "asked_keys|")
  if refusal or asked >= tonumber(number) then
    return refusal or "key.too_many"
  end
  return nil, function(sequence)
    redis.call("HINCRBY", key.meta, "asked_keys|" .. judge, 1)
    redis.call("HSET", key.meta, "asked_key|" .. sequence, subject)
    redis.call("HSET", key.ballots, "ask-key|" .. judge, sequence)
  end
end

-- subject: who signs; number: the request's entry
ACTS["sign-key"] = function(key, subject, number)
  local asked = redis.call("HGET", key.meta, "asked_key|" .. number)
  local judge, let_in, own_key = string.match(asked or "", "^([^|]*)|([^|]*)|(.*)$")
  if not judge or redis.call("HGET", key.ballots, "ask-key|" .. judge) ~= number then
    return "key.moved_on"
  elseif subject == judge or subject == let_in then
    return "key.second_person"
  end
  return nil, function()
    redis.call("HSET", key.meta, "key|" .. judge, own_key)
    redis.call("HSET", key.ballots, "key|" .. judge, number)
    redis.call("HDEL", key.ballots, "ask-key|" .. judge)
  end
end
