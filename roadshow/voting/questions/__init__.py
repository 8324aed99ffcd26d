"""Questions that are put to the jury once the count is closed: a tie, or an award by its vote. One person, one vote."""
