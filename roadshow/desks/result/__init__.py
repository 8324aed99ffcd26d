"""A published result as people read it: a table, and how each place came about in words. Pure."""
