"""Of several who could send the same, who is shown."""
