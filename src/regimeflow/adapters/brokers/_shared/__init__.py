"""regimeflow.adapters.brokers._shared."""
