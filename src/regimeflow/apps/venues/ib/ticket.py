"""One order as TWS keeps it: who owns it, what was asked, what became of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.ib.contracts import Contract
from regimeflow.apps.venues.ib.fields import decimal_of, double, number
from regimeflow.apps.venues.ib.layout import Rows, Values
from regimeflow.apps.venues.ib.messages import StatusNews
from regimeflow.apps.venues.ib.order_forms import told

PENDING_SUBMIT: Final = "PendingSubmit"
PRE_SUBMITTED: Final = "PreSubmitted"
SUBMITTED: Final = "Submitted"
PENDING_CANCEL: Final = "PendingCancel"
CANCELLED: Final = "Cancelled"
API_CANCELLED: Final = "ApiCancelled"
FILLED: Final = "Filled"
INACTIVE: Final = "Inactive"


class Hold(enum.Enum):
    """Why TWS keeps an order to itself."""

    NOT_TRANSMITTED = ""
    PARENT = "child"
    LOCATE = "locate"
    ACKNOWLEDGEMENT = "acknowledgement"
    OUTAGE = "outage"


@dataclass(slots=True, kw_only=True)
class Ticket:
    """An order, from the first placeOrder on. ``exchange_id`` is 0 until it has left TWS."""

    order_id: int
    client_id: int
    perm_id: int
    account: str
    contract: Contract
    asked: Values
    rows: Rows
    created_ns: int
    status: str = PENDING_SUBMIT
    hold: Hold | None = None
    exchange_id: int = 0
    filled: Decimal = Decimal(0)
    busted: Decimal = Decimal(0)  # filled once, and taken back: it is not worked again
    average_px: Decimal = Decimal(0)
    last_px: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    completed_ns: int = 0
    completed_text: str = ""
    is_ended: bool = False
    is_rejected: bool = False
    is_bound: bool = False

    @property
    def quantity(self) -> Decimal:
        """How much was ordered."""
        return decimal_of(self.asked["totalQuantity"]) or Decimal(0)

    @property
    def remaining(self) -> Decimal:
        """How much may still be filled."""
        return self.quantity - self.filled

    @property
    def is_buy(self) -> bool:
        """Which way it goes."""
        return self.asked["action"] == "BUY"

    @property
    def parent_id(self) -> int:
        """The order that must fill first; 0: none."""
        return int(self.asked.get("parentId") or 0)

    @property
    def group(self) -> tuple[str, str] | None:
        """The account and name of its one-cancels-all group."""
        name = self.asked.get("ocaGroup", "")
        return (self.account, name) if name else None

    @property
    def order_ref(self) -> str:
        """What the client calls it."""
        return self.asked.get("orderRef", "")

    @property
    def why_held(self) -> str:
        """What orderStatus says of a held order."""
        return self.hold.value if self.hold in {Hold.LOCATE, Hold.PARENT} else ""

    @property
    def told_id(self) -> int:
        """The order id that clients see: 0 for what was typed into the window and is not bound."""
        return self.order_id if self.order_id > 0 or self.is_bound else 0

    @property
    def told_perm_id(self) -> int:
        """The id of IB, once IB has acknowledged the order."""
        return 0 if self.hold is Hold.ACKNOWLEDGEMENT else self.perm_id

    def status_news(self, client_id: int | None = None) -> StatusNews:
        """Return what an orderStatus says now."""
        return StatusNews(
            order_id=self.told_id,
            status=self.status,
            filled=self.filled,
            remaining=self.remaining,
            average_px=self.average_px,
            perm_id=self.told_perm_id,
            parent_id=self.parent_id,
            last_px=self.last_px,
            client_id=self.client_id if client_id is None else client_id,
            why_held=self.why_held,
        )

    def told(self) -> Values:
        """Return the fields of openOrder."""
        facts = {
            **self.contract.told(),
            "orderId": str(self.told_id),
            "clientId": str(self.client_id),
            "permId": str(self.told_perm_id),
            "parentId": str(self.parent_id),
            "account": self.account,
            "totalQuantity": number(self.quantity),
            "status": self.status,
        }
        if self.commission:
            facts |= {"commission": double(self.commission), "commissionCurrency": "USD"}
        return told({**self.asked, "account": self.account}, facts)

    def told_completed(self, completed_time: str) -> Values:
        """Return the fields of completedOrder: it speaks of quantity left, and has no order id."""
        return self.told() | {
            "filledQuantity": number(self.filled),
            "completedTime": completed_time,
            "completedStatus": self.completed_text,
            "totalQuantity": number(self.remaining),
        }

    def end(self, status: str, text: str, now_ns: int) -> None:
        """It is over."""
        self.status = status
        self.hold = None
        self.is_ended = True
        self.completed_ns = now_ns
        self.completed_text = text
