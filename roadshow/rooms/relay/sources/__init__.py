"""What publishers send: which layer of which track a packet is, and what of it came."""
