"""The line check: what somebody's way to this server carries, days before they go on stage."""
