-- Who holds the chair's office, and what is theirs to do.
--
-- In meta, from the first time that the office passed: chair, deputy (empty: none), stood_down|P: was chair before;
-- chosen_late: 1 if the chair is a judge to whom it passed once a count was closed. Before that the spec alone says who
-- it is, and who acts was checked against it: it cannot have changed meanwhile. chair_asked: who is to have it, who asks, and told_by.

local function holders(key)
  local chair, deputy = unpack(redis.call("HMGET", key.meta, "chair", "deputy"))
  if not chair then
    local spec = cjson.decode(redis.call("HGET", key.meta, "spec"))
    chair, deputy = spec.chair, spec.deputy or ""
  end
  return chair, deputy
end

-- Who of chair and deputy decides about these projects, or the ballots of a judge for them; nil: an organiser.
local function decides(key, chair, deputy, judge, projects, first, step)
  for _, one in ipairs({chair, deputy}) do
    if one ~= "" and one ~= judge and not in_conflict(key, one, projects, first, step) then
      return one
    end
  end
end

-- What is asked of whoever acts: "judge", nothing; "office", that they have one, the chair's, the deputy's or an organiser's;
-- "second", one that is not the chair's; "leads", the chair's or the deputy's; "chair"; "rules", that it is theirs to
-- decide; "settles", the same where who stands level is known.
local ASKED = {browser = "judge", ["ask-key"] = "judge", vote = "judge", object = "judge", ["close-count"] = "chair",
  deliberate = "chair", ["ask-reopening"] = "leads", reopen = "second", countersign = "second", amend = "second",
  void = "rules", restore = "rules", accept = "rules", reject = "rules", penalty = "penalty", comment = "rules",
  settle = "settles", revote = "settles", question = "settles", ["casting-vote"] = "settles"}

-- Whose it is to sign that a seat passes: the first of deputy and chair whom it does not concern.
local function signs_seat(key, chair, deputy)
  local judge, substitute, _, by = string.match(redis.call("HGET", key.meta, "seat_asked"), "^(.-)|(.-)|(.-)|(.*)$")
  for _, one in ipairs({deputy, chair}) do
    if one ~= "" and one ~= judge and one ~= substitute and one ~= by then
      return one
    end
  end
end

-- The office may have passed since somebody's right to act was checked: then it is asked again, here. A refusal's code,
-- or nil. judge: whose ballot it is about, if any; projects: what it decides about, from the first on, each step.
office_refuses = function(key, kind, by, judge, projects, first, step)
  local chair, deputy, chosen_late = unpack(redis.call("HMGET", key.meta, "chair", "deputy", "chosen_late"))
  local asked = ASKED[kind] or "office"
  if not chair or asked == "judge" then
    return nil
  elseif redis.call("HEXISTS", key.meta, "stood_down|" .. by) == 1 then
    return "result.not_chair"
  elseif asked == "chair" and by ~= chair then
    return "result.not_chair"
  elseif asked == "leads" and by ~= chair and by ~= deputy then
    return "result.not_chair"
  elseif asked == "second" and by == chair then
    return kind == "countersign" and "result.same_person" or kind == "reopen" and "count.second_person"
      or "amendment.second_person"
  end
  local leads = by == chair or by == deputy
  if asked == "rules" or asked == "settles" or (asked == "penalty" and leads) then
    local able = (asked == "settles" and chosen_late == "1") and "" or chair
    local theirs = decides(key, able, deputy, judge, projects, first, step)
    if by ~= theirs and (theirs or leads) then
      return "result.not_chair"
    end
  elseif kind == "substitute" and redis.call("HEXISTS", key.meta, "seat_asked") == 1 then
    local theirs = signs_seat(key, chair, deputy)
    if by ~= theirs and (theirs or leads) then
      return "substitute.second_person"
    end
  end
end

-- Whether somebody may have the office next: the deputy, or a judge with a seat that counts, who was not chair before.
local function may_chair(key, person)
  local chair, deputy = holders(key)
  if person == chair or redis.call("HEXISTS", key.meta, "stood_down|" .. person) == 1 then
    return false
  elseif person == deputy then
    return true
  end
  local judge, gone, seat = unpack(redis.call("HMGET", key.meta, "judge|" .. person, "gone|" .. person,
    "seat_of|" .. person))
  local panel = seats_of(cjson.decode(redis.call("HGET", key.meta, "spec")))[seat or person]
  return judge and not gone and (not panel or panel.weight > 0)
end

-- What a request says of the count: its number, once it is known who stands level; that is so from the first closing on.
local function told_by(poll)
  return (poll.closed or poll.count > 1) and text(poll.count) or ""
end

local function office_rests(key, poll, person, count)
  if poll.state == "revealing" or poll.state == "revealed" then
    return "result.announced"
  elseif redis.call("EXISTS", key.windows) == 0 then
    return "chair.early"
  elseif count ~= told_by(poll) then
    return "chair.moved_on"
  elseif not may_chair(key, person) then
    return "chair.person"
  end
end

-- subject: who is to have it, who asks; number: as told_by
ACTS["ask-chair"] = function(key, subject, number, poll)
  local person, by = string.match(subject, "^(.-)|(.*)$")
  local refusal = office_rests(key, poll, person, number)
  if refusal then
    return refusal
  end
  return nil, function(sequence)
    redis.call("HSET", key.meta, "chair_asked", person .. "|" .. by .. "|" .. number)
    redis.call("HSET", key.ballots, "ask-chair", sequence)
  end
end

-- subject: who signs; number: the request's entry
ACTS["pass-chair"] = function(key, subject, number, poll)
  if redis.call("HGET", key.ballots, "ask-chair") ~= number then
    return "chair.moved_on"
  end
  local person, by, count = string.match(redis.call("HGET", key.meta, "chair_asked"), "^(.-)|(.-)|(.*)$")
  local chair, deputy = holders(key)
  local is_judge = redis.call("HEXISTS", key.meta, "judge|" .. subject) == 1
  if subject == by or subject == chair or (is_judge and subject ~= deputy) then
    return "chair.second_person"
  end
  local refusal = office_rests(key, poll, person, count)
  if refusal then
    return refusal
  end
  return nil, function()
    local is_deputy = person == deputy
    redis.call("HSET", key.meta, "chair", person, "deputy", is_deputy and "" or deputy, "stood_down|" .. chair, "1",
      "chosen_late", (count ~= "" and not is_deputy) and "1" or "0")
    redis.call("HDEL", key.meta, "chair_asked")
    redis.call("HSET", key.ballots, "chair|" .. chair, number)
    redis.call("HDEL", key.ballots, "ask-chair")
  end
end
