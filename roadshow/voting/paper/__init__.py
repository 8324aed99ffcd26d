"""Ballots by paper: a judge's printed card, typed in by a clerk and confirmed by another person."""
