"""The control desk: its page, and the encoders of its room's feed."""
