"""A local TWS: the socket protocol of Interactive Brokers, in text framing."""
