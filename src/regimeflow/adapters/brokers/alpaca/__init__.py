"""regimeflow.adapters.brokers.alpaca."""
