"""The door: who somebody is, what their role may do, and how often."""
