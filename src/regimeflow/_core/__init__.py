"""regimeflow._core."""
