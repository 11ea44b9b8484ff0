"""regimeflow.adapters.feeds."""
