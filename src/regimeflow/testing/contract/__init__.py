"""The broker contract: what every adapter must do, as tests that any author runs.

Give a ``Bench`` (a venue of your own with your adapter at it) and let pytest find the rest::

    from regimeflow.testing.contract import BrokerContract

    class TestAcme(BrokerContract):
        def make_bench(self):
            return AcmeBench()

Each test has a number, which a report can name. ``BrokerContract`` is for every adapter,
``WireContract`` beside it for those whose venue is behind a wire: nothing of it can be left out by
saying that the adapter cannot do it.
"""

from __future__ import annotations

from regimeflow.testing.contract.bench import Bench, Trouble, TrueOrder, Truth
from regimeflow.testing.contract.desk import Desk, at_desk
from regimeflow.testing.contract.orders import Contract, OrderContract
from regimeflow.testing.contract.reads import ReadContract
from regimeflow.testing.contract.troubles import FeedTroubleContract, OrderTroubleContract

__all__ = [
    "Bench",
    "BrokerContract",
    "Contract",
    "Desk",
    "Trouble",
    "TrueOrder",
    "Truth",
    "WireContract",
    "at_desk",
]


class BrokerContract(OrderContract, ReadContract):
    """O and R: orders, questions, sessions."""


class WireContract(OrderTroubleContract, FeedTroubleContract):
    """W: what goes wrong on a wire."""
