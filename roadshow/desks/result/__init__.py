"""A published result as people read it: a table, how each place came about in words (pure), and the pages."""
