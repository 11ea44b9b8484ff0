"""regimeflow.ports."""
