"""regimeflow.adapters.gateway."""
