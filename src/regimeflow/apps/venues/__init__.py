"""Local venues: what the real clients of a broker take for the real thing."""
