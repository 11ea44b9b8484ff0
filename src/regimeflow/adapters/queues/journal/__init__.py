"""Journals as a queue: each host writes its own, the others follow the files."""
