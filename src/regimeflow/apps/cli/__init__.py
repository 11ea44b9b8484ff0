"""regimeflow.apps.cli."""
