"""The broker contract at a host: through a queue and a gateway to the local Binance venue."""

from __future__ import annotations

from regimeflow.testing.contract import Bench, BrokerContract
from tests.contract.gateway_bench import GatewayBench


class TestHostAtGateway(BrokerContract):
    """Its wire is the queue, which has its own contract: W is for venues."""

    def make_bench(self) -> Bench:
        return GatewayBench()
