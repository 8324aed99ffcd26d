"""Fields: what is one of a competition's fields across its room, its poll and its award."""
