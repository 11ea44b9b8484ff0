"""regimeflow.domain.orders."""
