"""regimeflow.types."""
