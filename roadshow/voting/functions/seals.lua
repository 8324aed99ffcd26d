-- The signatures of entries, as the server made them when it acknowledged each; what they are worth only a reader who
-- has the server's public key can tell.

-- args: sequence, signature, sequence, signature, …
local function keep_seals(keys, args)
  local key = named(keys)
  if not find(key) then
    return {"poll.unknown"}
  end
  redis.call("HSET", key.seals, unpack(args))
  return OK
end

-- args: the sequences that are asked for; none: all there are
-- ok: {sequence, signature, …} of all, or {signature or nothing, …} in the order that was asked
local function seals(keys, args)
  local key = named(keys)
  if not find(key) then
    return {"poll.unknown"}
  elseif #args == 0 then
    return {"ok", redis.call("HGETALL", key.seals)}
  end
  return {"ok", redis.call("HMGET", key.seals, unpack(args))}
end

writes("roadshow_voting_keep_seals", keep_seals)
reads("roadshow_voting_seals", seals)
