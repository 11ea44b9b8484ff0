"""Interactive Brokers: TWS or IB Gateway over the socket protocol, by way of ib_async."""
