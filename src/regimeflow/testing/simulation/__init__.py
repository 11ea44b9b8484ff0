"""Whole sessions under one virtual clock and one seed, against a venue that knows the truth."""
