"""Offers and answers: what of an SDP offer is taken, and what is said to it."""
