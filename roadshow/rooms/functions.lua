#!lua name=roadshow_rooms

-- roadshow_rooms_save: keep a room's state, unless somebody else did so first.
-- KEYS  1 state (hash: revision, state)   2 history (stream: revision, note)
-- ARGV  1 revision   2 state   3 note   4 how many notes to keep
-- Returns 1 when the state is kept, 0 when the revision does not follow the stored one.
-- Idempotent: the very revision and state that are stored already return 1 and leave no second note.
local function save(keys, args)
  local stored = tonumber(redis.call('HGET', keys[1], 'revision') or '0')
  local revision = tonumber(args[1])
  if revision == stored and redis.call('HGET', keys[1], 'state') == args[2] then
    return 1
  end
  if revision ~= stored + 1 then
    return 0
  end
  redis.call('HSET', keys[1], 'revision', args[1], 'state', args[2])
  redis.call('XADD', keys[2], 'MAXLEN', args[4], '*', 'revision', args[1], 'note', args[3])
  return 1
end

writes('roadshow_rooms_save', save)
