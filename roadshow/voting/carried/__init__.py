"""What a final takes over from the field finals before it: points with a weight, and who may be scored at all."""
