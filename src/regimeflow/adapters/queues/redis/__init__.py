"""regimeflow.adapters.queues.redis."""
