"""regimeflow.engine.gateway."""
