"""Heads of ledgers, stamped by an authority that neither the organiser nor the hosting has in hand (RFC 3161)."""
