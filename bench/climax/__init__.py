"""Everybody opens the results at once: a whole competition, played up to its climax, and the crowd that comes then."""
