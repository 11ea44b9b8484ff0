"""regimeflow."""
