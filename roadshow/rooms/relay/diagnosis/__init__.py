"""Why somebody has no picture: the reasons by name, what was noted of them, and the rules that find them. Pure."""
