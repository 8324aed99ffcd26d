-- Questions to the jury once the count is closed: who goes first of those level, or who gets an award.
--
-- In meta, of the question that entry n has put: asked|n|until, asked|n|projects and asked|n|jury, their ids joined by
-- "|", asked|n|award, empty for a tie; voted|n|J: what J has voted for, empty for none of them, or that sealed, which is no choice: then
-- all are as level as each other here, and whoever can open them looks who is; cast|n: whoever decides
-- has given the casting vote; question|subject: the newest n about an award or a set of projects; asking: the newest of
-- all; questions: how many there are.

local QUESTION_ACTS = {}

local function listed(joined)
  local found = {}
  for one in string.gmatch(joined or "", "[^|]+") do
    found[#found + 1] = one
  end
  return found
end

-- What was asked, and how the votes stand: for each choice how many, and all together. nil: nothing was.
local function asked(key, number)
  local read = redis.call("HMGET", key.meta, "asked|" .. number .. "|projects", "asked|" .. number .. "|jury",
    "asked|" .. number .. "|award", "asked|" .. number .. "|until", "cast|" .. number)
  if not read[1] then
    return nil
  end
  local found = {projects = listed(read[1]), jury = listed(read[2]), award = read[3], ends = tonumber(read[4]),
    cast = read[5], given = 0, counts = {}}
  for _, judge in ipairs(found.jury) do
    local choice = redis.call("HGET", key.meta, "voted|" .. number .. "|" .. judge)
    if choice then
      found.given = found.given + 1
      found.counts[choice] = (found.counts[choice] or 0) + 1
    end
  end
  return found
end

-- The number of the question for which votes are taken, and until when; or nil.
asking = function(key, at)
  local number = redis.call("HGET", key.meta, "asking")
  local newest = number and asked(key, number)
  if newest and at < newest.ends and newest.given < #newest.jury then
    return number, newest.ends
  end
end

local function is_held(question, rules)
  return question.given >= math.min(rules.vote_quorum or 1, #question.jury)
end

-- The choices with most votes; of an award, that it be not awarded is one.
local function foremost(question)
  local choices, most, found = {}, 0, {}
  for _, project in ipairs(question.projects) do
    choices[#choices + 1] = project
  end
  if question.award ~= "" then
    choices[#choices + 1] = ""
  end
  for _, choice in ipairs(choices) do
    most = math.max(most, question.counts[choice] or 0)
  end
  for _, choice in ipairs(choices) do
    if (question.counts[choice] or 0) == most then
      found[#found + 1] = choice
    end
  end
  return found
end

local function contains(list, wanted)
  for _, one in ipairs(list) do
    if one == wanted then
      return true
    end
  end
  return false
end

-- Whether the rules leave it to a vote; and whose alone, if it is a sponsor's.
local function left_to_a_vote(spec, award)
  if award == "" then
    return contains(spec.rules.tie_chain, "jury")
  end
  local sponsors = {}
  for _, pair in ipairs(spec.sponsors or {}) do
    if pair[1] == award then
      sponsors[#sponsors + 1] = pair[2]
    end
  end
  for _, one in ipairs(spec.rules.awards or {}) do
    if one.id == award then
      return one.by == "jury" or (one.by == "sponsor" and #sponsors > 0), one.by == "sponsor" and sponsors or nil
    end
  end
  return false
end

-- Whether somebody may vote: they have a seat at the end of the field, and one that weighs something unless they are
-- a sponsor, and are neither recused nor set aside from any of the projects.
local function has_a_vote(key, judge, projects, seats, sponsors)
  local is_judge, gone, seat = unpack(redis.call("HMGET", key.meta, "judge|" .. judge, "gone|" .. judge,
    "seat_of|" .. judge))
  local panel = seats[seat or judge]
  local is_heard = not panel or panel.weight > 0
  if sponsors then
    is_heard = contains(sponsors, judge)
  end
  if not is_judge or gone or not is_heard then
    return false
  end
  for _, project in ipairs(projects) do
    local pair = judge .. "|" .. project
    if redis.call("HEXISTS", key.meta, "recused|" .. pair) == 1
      or redis.call("HEXISTS", key.ballots, "void|" .. pair) == 1 then
      return false
    end
  end
  return true
end

-- Whether just those of the jury may vote who are said to.
local function is_right_jury(key, spec, given, sponsors)
  local seats, missing = seats_of(spec), #given.jury
  for _, name in ipairs(redis.call("HKEYS", key.meta)) do
    local judge = string.match(name, "^judge|(.*)$")
    if judge and has_a_vote(key, judge, given.projects, seats, sponsors) then
      if not contains(given.jury, judge) then
        return false
      end
      missing = missing - 1
    end
  end
  return missing == 0
end

local function subject_of(given)
  if given.choice ~= "" then
    return "award|" .. given.choice
  end
  local sorted = {unpack(given.projects)}
  table.sort(sorted)
  return "tie|" .. table.concat(sorted, "|")
end

-- given.choice: the award, or empty
function QUESTION_ACTS.question(key, poll, spec, given)
  local is_left, sponsors = left_to_a_vote(spec, given.choice)
  if not is_left then
    return "vote.not_asked"
  elseif #given.projects == 0 then
    return "project.unknown"
  end
  for _, project in ipairs(given.projects) do
    if redis.call("HEXISTS", key.meta, "project|" .. project) == 0 then
      return "project.unknown"
    end
  end
  local subject = "question|" .. subject_of(given)
  local former = redis.call("HGET", key.meta, subject)
  if former and is_held(asked(key, former), spec.rules) then
    return "vote.held"
  elseif tonumber(redis.call("HGET", key.meta, "questions") or 0) >= given.most then
    return "vote.too_many"
  elseif not is_right_jury(key, spec, given, sponsors) then
    return "vote.moved_on"
  end
  return nil, function(sequence)
    redis.call("HSET", key.meta, "asking", sequence, subject, sequence, "asked|" .. sequence .. "|award", given.choice,
      "asked|" .. sequence .. "|projects", table.concat(given.projects, "|"),
      "asked|" .. sequence .. "|jury", table.concat(given.jury, "|"),
      "asked|" .. sequence .. "|until", text(poll.at + given.span))
    redis.call("HINCRBY", key.meta, "questions", 1)
  end
end

function QUESTION_ACTS.vote(key, poll, spec, given)
  local question = asked(key, given.number)
  local own = "voted|" .. given.number .. "|" .. given.by
  if not question then
    return "vote.unknown"
  elseif not contains(question.jury, given.by) then
    return "vote.not_entitled"
  elseif redis.call("HEXISTS", key.meta, own) == 1 then
    return "vote.repeated"
  elseif poll.at >= question.ends then
    return "vote.closed"
  elseif not spec.sealed and given.choice ~= "" and not contains(question.projects, given.choice) then
    return "vote.choice"
  end
  local keyed, own_key = unpack(redis.call("HMGET", key.meta, "keyed", "key|" .. given.by))
  local refusal = not_signed(keyed, own_key, given.own_key)
  if refusal then
    return refusal
  end
  return nil, function()
    redis.call("HSET", key.meta, own, given.choice)
  end
end

QUESTION_ACTS["casting-vote"] = function(key, poll, spec, given)
  local question = asked(key, given.number)
  local level = foremost(question)
  local undecided = #level == #question.projects
  if question.award ~= "" then
    undecided = #level > 1
  end
  if question.cast or not undecided or not is_held(question, spec.rules) then
    return "vote.decided"
  elseif not contains(level, given.choice) then
    return "vote.choice"
  end
  return nil, function(sequence)
    redis.call("HSET", key.meta, "cast|" .. given.number, sequence)
  end
end

-- args: kind, command, the body, whole or before and after the moment until which the jury has, who does it, the number
--       of the question or empty, what is chosen or for which award, milliseconds the jury has, or the key that a vote is signed with, the most questions, how
--       many projects it is about, these, and who may vote
local function question(keys, args)
  local key = named(keys)
  local kind, command, head, tail = args[1], args[2], args[3], args[4]
  local given = {by = args[5], number = args[6], choice = args[7], span = tonumber(args[8]), own_key = args[8], most = tonumber(args[9]),
    projects = {}, jury = {}}
  for i = 11, #args do
    table.insert(i < 11 + tonumber(args[10]) and given.projects or given.jury, args[i])
  end
  local poll = find(key)
  if not poll then
    return {"poll.unknown"}
  end
  local answer = answered(key, command, kind, head)
  if answer then
    return answer
  elseif poll.state ~= "sealed" then
    return {"result.confirmed"}
  end
  local earlier = kind ~= "question" and asked(key, given.number)
  local about = earlier and earlier.projects or given.projects
  if kind ~= "vote" then
    if not poll.closed then
      return {"count.open"}
    elseif any_open(key, poll.at) then
      return {"poll.open"}
    elseif kind == "casting-vote" and not earlier then
      return {"vote.unknown"}
    elseif in_conflict(key, given.by, about, 1, 1) then
      return {"ruling.conflict"}
    end
  end
  local not_theirs = office_refuses(key, kind, given.by, nil, about, 1, 1)
  if not_theirs then
    return {not_theirs}
  end
  local spec = cjson.decode(redis.call("HGET", key.meta, "spec"))
  local refusal, carry_out = QUESTION_ACTS[kind](key, poll, spec, given)
  if refusal then
    return {refusal}
  end
  append(key, poll, kind, tail == "" and head or head .. text(poll.at + given.span) .. tail)
  local sequence = text(poll.sequence)
  carry_out(sequence)
  redis.call("HSET", key.ballots, "jury|" .. sequence, sequence)
  redis.call("HSET", key.commands, command, sequence)
  return OK
end

writes("roadshow_voting_question", question)
