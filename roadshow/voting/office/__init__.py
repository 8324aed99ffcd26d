"""The chair's office passes to another person: one asks, another signs. Pure."""
