"""Valkey or Redis: connections, server-side functions, and the names of all keys."""
