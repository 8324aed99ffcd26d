"""What this server acknowledged, signed at that moment and never again."""
