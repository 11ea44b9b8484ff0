"""regimeflow.domain.risk."""
