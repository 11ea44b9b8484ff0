"""The matching engine that all local venues share: no I/O, no clock, no chance."""
