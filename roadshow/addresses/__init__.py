"""Addresses of the web in the one form in which they are compared."""
