"""regimeflow.adapters.brokers.paper."""
