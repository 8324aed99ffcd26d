"""One more podium, of all fields of a competition together: what their results, which stand by then, come to."""
