"""The parts of one session, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position
from regimeflow.adapters.brokers.ib.clock import VenueClock
from regimeflow.adapters.brokers.ib.commands import Commands
from regimeflow.adapters.brokers.ib.contracts import Contracts
from regimeflow.adapters.brokers.ib.fills import Fills
from regimeflow.adapters.brokers.ib.inbox import Inbox
from regimeflow.adapters.brokers.ib.link import Link
from regimeflow.adapters.brokers.ib.market import Market
from regimeflow.adapters.brokers.ib.news import OrderNews, Owner
from regimeflow.adapters.brokers.ib.order_ids import OrderIds
from regimeflow.adapters.brokers.ib.orders import KnownOrders
from regimeflow.adapters.brokers.ib.questions import Questions
from regimeflow.adapters.brokers.ib.reads import Reads
from regimeflow.adapters.brokers.ib.recovery import Recovery
from regimeflow.ports.broker import OnMarketData
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.records import Record

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import Requests


class Ways(Record, kw_only=True):
    """Where the parts' requests and news go.

    ``asked`` and ``commanded`` give what sends requests, and raise while nothing would be heard.
    """

    asked: Callable[[], Requests]
    commanded: Callable[[], Requests]
    market: Callable[[], OnMarketData]
    report: Callable[[ExecutionReport], object]
    position: Callable[[Position | AccountInfo], object]
    tell: Callable[[str], object]


class Parts(Record, kw_only=True):
    """Everything behind the adapter."""

    ids: OrderIds
    clock: VenueClock
    known: KnownOrders
    contracts: Contracts
    questions: Questions
    news: OrderNews
    fills: Fills
    reads: Reads
    commands: Commands
    market: Market
    recovery: Recovery
    inbox: Inbox

    def belong_to(self, owner: Owner) -> None:
        """Say whose messages count."""
        for part in (self.news, self.fills, self.reads, self.commands, self.inbox):
            part.owner = owner


def assemble(settings: IBSettings, link: Link, ways: Ways) -> Parts:
    """Put the parts together."""
    there = f"client {settings.client_id} at {settings.host}:{settings.port_in_force}"
    ids, clock = OrderIds(settings.order_id_file, there), VenueClock()
    known, contracts = KnownOrders(), Contracts()
    questions = Questions(settings.request_timeout_s)
    news = OrderNews(known, contracts, clock, report=ways.report, tell=ways.tell)
    fills = Fills(known, contracts, report=ways.report, tell=ways.tell)
    reads = Reads(
        settings,
        ways.asked,
        questions,
        ids,
        known=known,
        contracts=contracts,
        news=news,
        fills=fills,
        clock=clock,
    )
    commands = Commands(
        ways.commanded,
        ids,
        known=known,
        contracts=contracts,
        timeout_s=settings.request_timeout_s,
    )
    market = _market(settings, link, ways, ids, contracts=contracts, clock=clock)
    recovery = Recovery(reads, known, news, fills, report=ways.report)
    inbox = Inbox(
        link,
        questions,
        ids,
        known=known,
        contracts=contracts,
        news=news,
        fills=fills,
        market=market,
        clock=clock,
        position=ways.position,
        dropped=recovery.dropped,
        tell=ways.tell,
    )
    news.on_unclear = link.look_again
    return Parts(
        ids=ids,
        clock=clock,
        known=known,
        contracts=contracts,
        questions=questions,
        news=news,
        fills=fills,
        reads=reads,
        commands=commands,
        market=market,
        recovery=recovery,
        inbox=inbox,
    )


def _market(
    settings: IBSettings,
    link: Link,
    ways: Ways,
    ids: OrderIds,
    *,
    contracts: Contracts,
    clock: VenueClock,
) -> Market:
    return Market(
        settings,
        ways.asked,
        ids,
        contracts,
        clock,
        is_up=lambda: link.is_up,
        sink=ways.market,
        tell=ways.tell,
        replace=link.replace,
    )
