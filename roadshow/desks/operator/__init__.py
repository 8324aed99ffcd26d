"""What only whoever runs the server sees."""
