"""One live, timed session: its rundown, its clock, and what is on its stage."""
