-- Telling everybody what each judge gave a project, before the ceremony; and what that stops.

-- Whether the window of some project that was first opened after this one's is over.
local function is_followed(key, project, at)
  local first = tonumber(redis.call("HGET", key.meta, "first|" .. project))
  local windows = redis.call("HGETALL", key.windows)
  for i = 1, #windows, 2 do
    local other, round = string.match(windows[i], "^(.*)|(%d+)$")
    if round == "1" and tonumber(redis.call("HGET", key.meta, "first|" .. other)) > first
      and not is_open(windows[i + 1], at) then
      return true
    end
  end
  return false
end

-- The panel of each seat by the id of who began there, or an empty table of a jury that is one.
local function seats_of(spec)
  local panels, seats = {}, {}
  for _, panel in ipairs(spec.rules.panels or {}) do
    panels[panel.id] = panel
  end
  for _, seat in ipairs(spec.seats or {}) do
    seats[seat[1]] = panels[seat[2]]
  end
  return seats
end

-- Whether enough ballots count, from how many judges nothing came, and whether a late one waits. Who has no seat for the
-- project, was given others by the lot or is a shadow judge is not missed.
local function given(key, project, spec)
  local seats, counting, of_panel, missing, waits = seats_of(spec), 0, {}, 0, false
  for _, name in ipairs(redis.call("HKEYS", key.meta)) do
    local judge = string.match(name, "^judge|(.*)$")
    if judge then
      local pair = judge .. "|" .. project
      local ballot, void, late = unpack(redis.call("HMGET", key.ballots, "ballot|" .. pair .. "|1", "void|" .. pair,
        "late|" .. pair))
      local kind = ballot and entry(key, ballot).kind
      local seat, replaced, elsewhere, recused = unpack(redis.call("HMGET", key.meta, "seat_of|" .. judge,
        "replaced|" .. pair, "elsewhere|" .. pair, "recused|" .. pair))
      local panel = seats[seat or judge]
      local scores = not replaced and not elsewhere and (not panel or panel.weight > 0)
      if scores and SCORED[kind] and not void then
        counting = counting + 1
        if panel then
          of_panel[panel.id] = (of_panel[panel.id] or 0) + 1
        end
      elseif scores and not ballot and not recused then
        missing = missing + 1
      end
      waits = waits or late ~= false
    end
  end
  local enough = counting >= math.max(spec.rules.quorum, 1)
  for _, panel in ipairs(spec.rules.panels or {}) do
    enough = enough and (panel.weight == 0 or (of_panel[panel.id] or 0) >= math.max(panel.quorum or 1, 1))
  end
  return enough, missing, waits
end

-- number: how many judges are missing
local function show_cards(key, project, number, poll)
  local spec = cjson.decode(redis.call("HGET", key.meta, "spec"))
  local window = redis.call("HGET", key.windows, project .. "|1")
  if redis.call("HEXISTS", key.meta, "project|" .. project) == 0 then
    return "project.unknown"
  elseif is_shown(key, project) then
    return "cards.shown"
  elseif not window then
    return "cards.early"
  elseif is_open(window, poll.at) then
    return "poll.open"
  elseif spec.rules.scores_told == "one-later" and not poll.closed and not is_followed(key, project, poll.at) then
    return "cards.early"
  end
  local enough, missing, waits = given(key, project, spec)
  if waits then
    return "result.late"
  elseif card_waits(key, project) then
    return "paper.unconfirmed"
  elseif not enough then
    return "cards.quorum"
  elseif missing ~= tonumber(number) then
    return "cards.moved_on"
  end
  return nil, function(sequence)
    redis.call("HSET", key.meta, "shown|" .. project, text(poll.count))
    redis.call("HSET", key.ballots, "shown|" .. project, sequence)
  end
end
