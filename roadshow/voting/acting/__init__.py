"""What judges do in a poll, and what those decide who lead it: the two halves of ``voting.service``."""
