"""What the commands of cli.py do, but for serving."""
