"""The audit log of a session: what its journal says, for who has to prove it."""
