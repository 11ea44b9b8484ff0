"""Whole sessions against a local venue in a process of its own, with things going wrong."""
