"""A room's lanes, a stream for all viewers of one form, one viewer's place in it."""
