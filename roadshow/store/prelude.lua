-- What every library of Roadshow begins with (functions.py puts it there). Functions are registered by `writes` and
-- `reads`, never by redis.register_function itself: so none that writes can go without the fence.
--
-- Whoever calls adds one key and two arguments (fence.py):
--   the key     the competition's fence: the token of the server that holds its lease
--   an argument the caller's token; empty: a command beside the server, which asks for none
--   an argument milliseconds by the caller's clock; empty: the store's own clock counts

local asked_at

-- The present moment. Of a server it is the server's: one server has the lease, and its clock cannot be stepped under
-- it, as the store's can.
local function moment()
  if asked_at then
    return asked_at
  end
  local time = redis.call("TIME")
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function without_its_frame(keys, args)
  asked_at = tonumber(table.remove(args))
  return table.remove(keys), table.remove(args)
end

local function writes(name, act)
  redis.register_function(name, function(keys, args)
    local fence, token = without_its_frame(keys, args)
    if token ~= "" and redis.call("GET", fence) ~= token then
      return redis.error_reply("FENCED another server has the lease")
    end
    return act(keys, args)
  end)
end

local function reads(name, look)
  redis.register_function{function_name = name, flags = {"no-writes"}, callback = function(keys, args)
    without_its_frame(keys, args)
    return look(keys, args)
  end}
end
