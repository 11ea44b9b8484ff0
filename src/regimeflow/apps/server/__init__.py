"""What looks at a session from outside: the dashboard, metrics, health, alerts."""
