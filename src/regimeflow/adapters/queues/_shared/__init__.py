"""regimeflow.adapters.queues._shared."""
