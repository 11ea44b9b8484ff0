"""What comes out of a session's bus: whether anything is missing, and the account as last told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import AccountInfo, ExecutionReport, LiveMessage, Position
from regimeflow.testing.simulation.ledger import Ledger
from regimeflow.types.enums import LiveTopic

AccountNews: TypeAlias = Position | AccountInfo


class Hearing:
    """Everything that one session's bus handed out, as a subscriber of each topic gets it.

    Args:
        bus: Of the session.
        on_report: Told of each report of the venue's.
    """

    def __init__(self, bus: EventBus, on_report: Callable[[ExecutionReport], None]) -> None:
        self.reports: Final[list[ExecutionReport]] = []  # of the venue's
        self.account: Final[list[AccountNews]] = []
        self.missing = ""  # the first place where the numbers of messages do not follow
        self._on_report: Final = on_report
        self._last_seq = 0
        for topic in LiveTopic:
            bus.subscribe(topic, self._take)

    def _take(self, message: LiveMessage) -> None:
        seq, last = message.seq, self._last_seq
        if last and seq != last + 1 and not self.missing:
            self.missing = f"after message {last} of the bus came {seq}"
        self._last_seq = seq
        payload = message.payload
        if isinstance(payload, ExecutionReport):
            if not payload.order_id:  # else of our own making
                self.reports.append(payload)
                self._on_report(payload)
        elif isinstance(payload, (Position, AccountInfo)):
            self.account.append(payload)

    def differences(
        self,
        told: Sequence[ExecutionReport],
        told_of_account: Sequence[AccountNews],
        most_lost: int,
    ) -> Iterator[str]:
        """What was told to the session and did not come out of its bus, or not in order.

        Args:
            told: The reports; between them are those that the session asked for.
            told_of_account: Positions and accounts.
            most_lost: How many may be: one that was killed may have had a message in its hand.
        """
        if self.missing:
            yield self.missing
        if text := unheard(told, self.reports, most_lost):
            yield text
        heard = len(self.account)
        if (
            self.account != list(told_of_account[:heard])
            or len(told_of_account) - heard > most_lost
        ):
            yield (
                f"of {len(told_of_account)} positions and accounts that were told"
                f" {heard} came out of the bus, or others"
            )


def unheard(told: Sequence[ExecutionReport], got: Sequence[ExecutionReport], most_lost: int) -> str:
    """Whether every report that was told to a session came out of its bus, in order; "" if so."""
    heard = iter([_words(report) for report in got])
    found = 0
    for report in told:
        if _words(report) not in heard:
            break
        found += 1
    if len(told) - found <= most_lost:
        return ""
    return f"of {len(told)} reports that were told {found} came out of the bus"


def _words(report: ExecutionReport) -> tuple[object, ...]:
    names = report.client_order_id, report.broker_order_id, report.exec_id
    return (*names, report.exec_type, report.ts_event_ns, report.ts_recv_ns)


def misheard(news: Sequence[AccountNews], ledger: Ledger) -> Iterator[str]:
    """How the account as a session last heard of it differs from the venue's."""
    held = {each.symbol: each.quantity_dec for each in news if isinstance(each, Position)}
    for symbol, quantity in ledger.positions.items():
        theirs = Decimal(ledger.products[symbol].qty(quantity))
        if held.get(symbol) != theirs:
            yield f"position {symbol} as last heard: {held.get(symbol)}, theirs {theirs}"
    accounts = [each for each in news if isinstance(each, AccountInfo)]
    cash = Decimal(ledger.cash).scaleb(-ledger.money_places)
    if not accounts or accounts[-1].cash_dec != cash:
        heard = accounts[-1].cash_dec if accounts else None
        yield f"cash as last heard: {heard}, theirs {cash}"
