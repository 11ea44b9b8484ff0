"""regimeflow.domain.strategy."""
