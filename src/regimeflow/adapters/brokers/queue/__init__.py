"""regimeflow.adapters.brokers.queue."""
