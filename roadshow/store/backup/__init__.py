"""Backups: what is in one, and how it is written so that nobody reads it without its passphrase."""
