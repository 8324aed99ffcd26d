"""One viewer's line: what it reports, how much picture it gets, how its losses are made good."""
