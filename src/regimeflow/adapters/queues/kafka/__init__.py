"""regimeflow.adapters.queues.kafka."""
