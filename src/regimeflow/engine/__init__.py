"""regimeflow.engine."""
