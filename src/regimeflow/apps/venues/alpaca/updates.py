"""What ``trade_updates`` says of each order, and the mistakes it can make on purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.calendar import next_trading_day
from regimeflow.apps.venues.alpaca.fields import Json
from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.orders import Order, update_form
from regimeflow.apps.venues.alpaca.refusals import text
from regimeflow.apps.venues.alpaca.times import (
    MICROSECOND_NS,
    new_york,
    parse_instant,
    rfc3339,
    rfc3339_new_york,
)

Publish = Callable[[str, Json, float], object]
"""Account, data, and how many seconds late."""

_JITTER_NS: Final = 300_000
_FILLS: Final = frozenset({"fill", "partial_fill"})


class Updates:
    """Makes one message of each thing that happens to an order.

    Three clocks, as recorded: ``timestamp`` is the venue's, ``updated_at`` the order's, ``at`` that
    of the publication, to the microsecond.
    """

    def __init__(self, house: House, publish: Publish) -> None:
        self._house: Final = house
        self._publish: Final = publish
        self._began: Final[dict[str, Json]] = {}  # the "new" of each order that may come again

    def tell(
        self,
        order: Order,
        event: str,
        *,
        time_ns: int,
        execution_id: str | None = None,
        fill: tuple[Decimal, Decimal, Decimal] | None = None,
    ) -> None:
        """Publish what happened; the order is already as it is after it.

        Args:
            order: Whose.
            event: In Alpaca's words.
            time_ns: When it happened.
            execution_id: None for what is no execution.
            fill: Price, quantity and the position after it.
        """
        order.updated_ns = time_ns + self._house.ids.jitter_ns(_JITTER_NS)
        at_ns = order.updated_ns + self._house.ids.jitter_ns(_JITTER_NS)
        data: Json = {
            "at": rfc3339(at_ns // MICROSECOND_NS * MICROSECOND_NS),
            "event_id": self._house.ids.ulid(at_ns),
            "event": event,
            "timestamp": rfc3339(time_ns),
            "order": update_form(order),
        }
        if fill is not None:
            names = ("price", "qty", "position_qty")
            data |= {name: text(value) for name, value in zip(names, fill, strict=True)}
        if execution_id is not None:
            data["execution_id"] = execution_id
        if fill is not None:
            data["swap_rate"] = "1"
            data["settle_date"] = self._settles(order, time_ns)
        self._send(order, event, data)

    def _settles(self, order: Order, time_ns: int) -> str:
        day = new_york(time_ns).date()
        if not order.asset.is_crypto:  # T+1
            day = next_trading_day(day).day
        return day.isoformat()

    def _send(self, order: Order, event: str, data: Json) -> None:
        take, where = self._house.faults.take, {"event": event, "symbol": order.asset.symbol}
        if take("no_event_id", **where) is not None:
            del data["event_id"]
        if take("new_field", **where) is not None:
            data |= {"mood": "bright", "order": _with_news(data["order"])}
        if take("mixed_offsets", **where) is not None:
            _write_offsets(data)
        if (
            event == "canceled"
            and order.is_group
            and take("silent_leg_cancel", **where) is not None
        ):
            return
        if take("lost_event", **where) is not None:
            return
        late = take("late_event", **where)
        self._publish(order.account, data, _seconds(late))
        if event == "new":
            self._began[order.id] = data
        elif event in _FILLS and take("duplicate_events", **where) is not None:
            for again in (self._began.get(order.id), data):
                if again is not None:
                    self._publish(order.account, again, 0.0)


def _with_news(form: object) -> object:
    """An order as a later version of the API might have it."""
    return {**form, "venue_hints": [{"of": None}]} if isinstance(form, dict) else form


def _seconds(struck: Mapping[str, object] | None) -> float:
    return float(str(struck["seconds"])) if struck is not None else 0.0


def _write_offsets(data: Json) -> None:
    """Some instants with New York's offset beside those in UTC, as live accounts have seen."""
    order = data["order"]
    if isinstance(order, dict):
        for name in ("updated_at", "filled_at", "canceled_at"):
            if order[name] is not None:
                order[name] = rfc3339_new_york(parse_instant(order[name]))
