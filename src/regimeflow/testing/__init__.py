"""regimeflow.testing."""
