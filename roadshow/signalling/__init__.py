"""WHIP and WHEP over HTTP."""
