"""Stores that secrets are fetched from, each through its vendor's own library."""
