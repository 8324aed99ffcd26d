"""The house's end: it starts fronts, and takes on the connections they pass."""
