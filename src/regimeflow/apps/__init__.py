"""regimeflow.apps."""
