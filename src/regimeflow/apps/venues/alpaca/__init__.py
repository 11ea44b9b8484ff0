"""A local Alpaca: trading and market data over REST and WebSocket, on the shared matching engine."""
