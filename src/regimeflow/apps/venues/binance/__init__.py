"""The local Binance Spot venue: REST v3, market streams, WebSocket API and user data."""
