"""Each judge's card shown before the ceremony, where the rules say so."""
