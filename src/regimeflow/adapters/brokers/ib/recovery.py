"""What a gap has hidden: open orders, executions, ends, each asked for and told once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers.ib.errors import PACING, refusal
from regimeflow.adapters.brokers.ib.fills import Fills
from regimeflow.adapters.brokers.ib.news import OrderNews
from regimeflow.adapters.brokers.ib.orders import Known, KnownOrders
from regimeflow.adapters.brokers.ib.reads import Reads
from regimeflow.types.enums import LiveOrderStatus


class Recovery:
    """Asks for everything, since TWS replays nothing.

    Args:
        reads: Asks.
        known: The orders.
        news: Knows how they stand.
        fills: Tells executions once.
        report: Takes reports.
    """

    def __init__(
        self,
        reads: Reads,
        known: KnownOrders,
        news: OrderNews,
        fills: Fills,
        *,
        report: Callable[[ExecutionReport], object],
    ) -> None:
        self._reads: Final = reads
        self._known: Final = known
        self._news: Final = news
        self._fills: Final = fills
        self._report: Final = report
        self._suspects: Final[list[Known]] = []
        self._why = ""

    async def learn(self) -> None:
        """Learn what there is, at the beginning of a session: the engine asks for itself.

        Raises:
            BrokerError: it could not be asked; nothing is assumed.
        """
        await self._reads.open_known()
        for fill in await self._reads.all_executions():
            self._fills.settle(fill)
        await self._reads.completed()

    def dropped(self, text: str) -> None:
        """Take that TWS has dropped a message: it may have been an order on its way."""
        self._suspects.extend(
            known
            for known in self._known
            if known.state is None and known.sending is not None and known.sending.is_open
        )
        self._why = text

    async def run(self) -> None:
        """Ask, and tell what is new.

        Raises:
            BrokerError: it could not be asked; nothing is assumed.
        """
        before = [known for known in self._known if not known.is_over]
        works = await self._reads.open_known()
        for fill in await self._reads.all_executions():
            self._fills.heard(fill)
        open_now = {id(known) for known in works}
        if any(id(known) not in open_now for known in before):
            await self._reads.completed()
        self._clear_suspects()
        for known in works:
            self._report(self._news.status_of(known))
        for known in before:
            if id(known) in open_now and known.asked is not None:
                self._settle_change(known)

    def _clear_suspects(self) -> None:
        """TWS reads a socket in its order: what it knows nothing of by now, it has dropped."""
        suspects = list(self._suspects)
        self._suspects.clear()
        for known in suspects:
            if known.state is None and known.sending is not None:
                known.state, known.refused = LiveOrderStatus.REJECTED, self._why
                self._known.ended(known)
                known.sending.give(refusal(PACING, self._why))

    def _settle_change(self, known: Known) -> None:
        """A change whose answer the gap has swallowed, of an order that stands as it stood."""
        known.asked = None
        self._news.replace_rejected(known, "lost with the line; the order stands as it was")
