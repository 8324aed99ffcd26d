"""Ballot boxes: scores that the store keeps and cannot read."""
