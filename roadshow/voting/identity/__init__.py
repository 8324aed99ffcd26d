"""Who is who in a poll: what projects and people are called, in which browsers judges vote, by which keys."""
