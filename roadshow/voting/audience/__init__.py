"""The audience's own award."""
