"""How the real venues differ, as data: what the model venue draws one of, for each seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from regimeflow.types.enums import OrderSide
from regimeflow.types.enums import OrderType as T
from regimeflow.types.enums import TimeInForce as F

IN_KIND: Final = "in kind"
_PLAIN: Final = frozenset({T.MARKET, T.LIMIT, T.STOP, T.STOP_LIMIT})
_AUCTIONS: Final = frozenset(
    {T.MARKET_ON_OPEN, T.MARKET_ON_CLOSE, T.LIMIT_ON_OPEN, T.LIMIT_ON_CLOSE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The manners of one kind of venue.

    ``client_ids``: for how long an id may not come again: ``ever``, while ``open``, ``never``.
    ``answers_id``: the answer to a new order carries the venue's id.
    ``names_late``: reports before the acknowledgement carry no id of the venue.
    ``pending_first``: PENDING_NEW comes before NEW.
    ``new_leg``: a change makes a new order with a new id; ``cancels_leg``: and says CANCELED of
    the old one first, so that it can be left half done.
    ``tells_pending``: PENDING_CANCEL and PENDING_REPLACE are told.
    ``status_first``: a status tells of a fill before its execution does, which tells of no order.
    ``exec_ids``: ``venue``, its own; ``derived``, by its adapter from the order's id and what had
    filled, since the venue names a fill differently on the stream and when asked; ``none``.
    ``revises``: executions are corrected and busted later.
    ``late_rejects``: what was acknowledged may still be refused.
    ``holds``: orders are held, released, and sleep between sessions.
    ``leftovers_expire``: what an IOC leaves expires; elsewhere it is cancelled.
    ``hears_others``: the stream tells of orders that others placed on the account.
    ``find_lag_s``: for how long an order may not be found by its client id.
    ``fee_currency``: what commissions are paid in; "": the quote currency; ``IN_KIND``: a purchase
    pays in what it buys, a sale in the quote currency.
    """

    name: str
    order_types: frozenset[T]
    times_in_force: frozenset[F]
    client_ids: str
    answers_id: bool
    names_late: bool = False
    pending_first: bool = False
    new_leg: bool = False
    cancels_leg: bool = False
    tells_pending: bool = False
    status_first: bool = False
    exec_ids: str = "venue"
    revises: bool = False
    late_rejects: bool = False
    holds: bool = False
    leftovers_expire: bool = False
    hears_others: bool = True
    find_lag_s: float = 0.0
    fee_currency: str = ""

    def pays_in_kind(self, side: OrderSide) -> bool:
        """Whether the commission of a trade is paid in what was traded."""
        return self.fee_currency == IN_KIND and side is OrderSide.BUY


BINANCE: Final = Style(
    name="binance-like",
    order_types=_PLAIN,
    times_in_force=frozenset({F.GTC, F.IOC, F.FOK}),
    client_ids="open",
    answers_id=True,
    new_leg=True,
    cancels_leg=True,
    leftovers_expire=True,
    find_lag_s=8.0,
    fee_currency="BNB",
)
ALPACA: Final = Style(
    name="alpaca-like",
    order_types=_PLAIN | {T.TRAILING_STOP} | _AUCTIONS,
    times_in_force=frozenset({F.DAY, F.GTC, F.IOC, F.FOK}),
    client_ids="ever",
    answers_id=True,
    pending_first=True,
    new_leg=True,
    tells_pending=True,
    exec_ids="derived",
    late_rejects=True,
    holds=True,
    find_lag_s=3.0,
)
IB: Final = Style(
    name="ib-like",
    order_types=_PLAIN | {T.TRAILING_STOP} | _AUCTIONS,
    times_in_force=frozenset({F.DAY, F.GTC, F.IOC, F.FOK, F.GTD}),
    client_ids="never",
    answers_id=False,
    names_late=True,
    pending_first=True,
    tells_pending=True,
    status_first=True,
    revises=True,
    late_rejects=True,
    holds=True,
    hears_others=False,
    find_lag_s=5.0,
)
PLAIN: Final = Style(
    name="nameless",
    order_types=_PLAIN,
    times_in_force=frozenset({F.GTC, F.IOC, F.FOK, F.GTD}),
    client_ids="ever",
    answers_id=True,
    exec_ids="none",
    find_lag_s=2.0,
)
BINANCE_IN_KIND: Final = replace(BINANCE, name="binance-like-in-kind", fee_currency=IN_KIND)
STYLES: Final = (BINANCE, BINANCE_IN_KIND, ALPACA, IB, PLAIN)
