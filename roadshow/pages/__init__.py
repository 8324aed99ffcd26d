"""Templates, static files, and what every page is told."""
