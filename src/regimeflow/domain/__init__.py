"""regimeflow.domain."""
