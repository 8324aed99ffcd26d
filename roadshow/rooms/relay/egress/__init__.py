"""The way out: packets wait for each other and leave for the whole crowd at once."""
