"""regimeflow.domain.regime."""
