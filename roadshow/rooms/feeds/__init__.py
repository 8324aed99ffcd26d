"""Who may send a room's feed: encoders by name, each with a token of its own that can be withdrawn alone."""
