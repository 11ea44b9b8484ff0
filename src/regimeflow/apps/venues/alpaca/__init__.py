"""A local Alpaca: trading and market data over HTTP and WebSocket, on a shared engine."""
