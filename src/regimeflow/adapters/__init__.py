"""regimeflow.adapters."""
