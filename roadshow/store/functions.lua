#!lua name=roadshow_lease

-- Who runs a competition, and with which key. roadshow/store/lease.py (Lease) is their contract.
-- KEYS  1 fence (string: the holder's token)   2 lease (hash: number, owner, name, until in ms of the store's clock,
--       beats: renewals)   3 signer (string: the fingerprint of the key that signs)
-- Of these alone, the store's own clock decides: all servers see the same one.

local function clock()
  local time = redis.call("TIME")
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function number(value)
  return string.format("%.0f", value)
end

-- ARGV  1 owner   2 name   3 how long it lasts   4 the sign of a holder that is known to be gone, or empty
-- Returns {"taken", token} or {"held", name, for how long, sign}
local function take(keys, args)
  local lease = redis.call("HMGET", keys[2], "owner", "name", "until", "beats")
  local owner, name, ends, now = lease[1], lease[2], tonumber(lease[3] or "0"), clock()
  local sign = (redis.call("GET", keys[1]) or "") .. "@" .. (lease[4] or "0")
  if owner and owner ~= args[1] and now < ends and sign ~= args[4] then
    return {"held", name, number(ends - now), sign}
  end
  -- The owner's word is in it: a copy of the store that had not seen the newest number may be promoted, and then gives
  -- it away once more.
  local token = number(redis.call("HINCRBY", keys[2], "number", 1)) .. "-" .. args[1]
  redis.call("SET", keys[1], token)
  redis.call("HSET", keys[2], "owner", args[1], "name", args[2], "until", number(now + tonumber(args[3])))
  return {"taken", token}
end

-- ARGV  1 how long it lasts. Returns what the store's clock says.
local function renew(keys, args)
  local now = clock()
  redis.call("HSET", keys[2], "until", number(now + tonumber(args[1])))
  redis.call("HINCRBY", keys[2], "beats", 1)
  return number(now)
end

local function release(keys)
  redis.call("DEL", keys[1])
  redis.call("HDEL", keys[2], "owner", "name", "until")
  return 1
end

-- ARGV  1 fingerprint   2 "1": whatever was noted. Returns the one that is noted.
local function bind(keys, args)
  if args[2] == "1" then
    redis.call("SET", keys[3], args[1])
  else
    redis.call("SETNX", keys[3], args[1])
  end
  return redis.call("GET", keys[3])
end

writes("roadshow_lease_take", take)
writes("roadshow_lease_renew", renew)
writes("roadshow_lease_release", release)
writes("roadshow_lease_bind", bind)
