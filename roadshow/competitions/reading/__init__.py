"""How a definition is read: its text, its parts put together, its shape, its sense. ``loading`` asks them in turn."""
