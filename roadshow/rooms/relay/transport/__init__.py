"""The socket, ICE, keys, and one connection."""
