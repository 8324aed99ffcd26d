"""Ballots, the rules that turn them into places, and the ledger that proves it."""
