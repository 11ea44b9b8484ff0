"""regimeflow.engine.queue."""
