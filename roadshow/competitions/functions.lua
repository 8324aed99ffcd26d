#!lua name=roadshow_cast

-- roadshow_cast_write: keep records of the cast, all or none, unless somebody else wrote one of them first.
-- KEYS  1 cast (hash: kind and id → record as JSON, with its revision)
-- ARGV  for each record: its field, its revision, the record
-- Returns 1 when they are kept, 0 when a revision does not follow the stored one.
-- Idempotent: a record that is stored already, letter for letter, may be written again.
local function write(keys, args)
  for at = 1, #args, 3 do
    local row = redis.call('HGET', keys[1], args[at])
    local stored = row and cjson.decode(row)['revision'] or 0
    if row ~= args[at + 2] and tonumber(args[at + 1]) ~= stored + 1 then
      return 0
    end
  end
  for at = 1, #args, 3 do
    redis.call('HSET', keys[1], args[at], args[at + 2])
  end
  return 1
end

writes('roadshow_cast_write', write)
