"""Rounds on samples before the voting, in which a jury compares its scales. They count for nothing."""
