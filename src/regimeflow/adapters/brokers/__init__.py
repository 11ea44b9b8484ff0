"""regimeflow.adapters.brokers."""
