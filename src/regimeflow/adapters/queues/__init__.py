"""regimeflow.adapters.queues."""
