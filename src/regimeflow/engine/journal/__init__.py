"""regimeflow.engine.journal."""
