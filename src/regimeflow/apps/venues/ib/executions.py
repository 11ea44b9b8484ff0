"""Executions and what they cost: told once, told again on request, and sometimes corrected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.ids import Since
from regimeflow.apps.venues.ib.messages import Execution
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.settings import TwsSettings
from regimeflow.apps.venues.ib.times import TimeForm, midnight, read_stamp, stamp


class Executions:
    """All executions of one TWS, the newest form of each."""

    def __init__(self, settings: TwsSettings, seed: int) -> None:
        self._settings = settings
        self._prefix = 0xE0D5 + seed % 0xFFFF
        self._count = 0
        self._by_root: dict[str, Execution] = {}
        self._commissions_due: set[str] = set()

    def next_id(self) -> str:
        """Return an id that no execution had; its last part counts corrections."""
        self._count += 1
        return f"{self._prefix:08x}.{0x656D0000 + self._count:08x}.01.01"

    def add(self, execution: Execution) -> None:
        """Keep a new execution, or one that replaces an older form of itself."""
        self._by_root[root_of(execution.exec_id)] = execution

    def corrected(self, execution: Execution, price: Decimal) -> Execution:
        """Return the form that replaces an execution, at another price."""
        head, _, last = execution.exec_id.rpartition(".")
        total = execution.average_px * execution.cum_qty
        change = (price - execution.price) * execution.shares
        return replace(
            execution,
            exec_id=f"{head}.{int(last) + 1:02d}",
            price=price,
            average_px=(total + change) / execution.cum_qty,
            is_priced_later=False,
        )

    def __iter__(self) -> Iterator[Execution]:
        return iter(self._by_root.values())

    def owe_commission(self, execution: Execution) -> None:
        """Keep the commission of an execution to ourselves for now."""
        self._commissions_due.add(root_of(execution.exec_id))

    def pay_commission(self, execution: Execution) -> bool:
        """Whether the commission was still owed; it is not any more."""
        root = root_of(execution.exec_id)
        if root in self._commissions_due:
            self._commissions_due.discard(root)
            return True
        return False

    def told(self, session: Session, request_id: int, execution: Execution) -> messages.Fields:
        """Return one execDetails as a client of this version reads it."""
        form: TimeForm = self._settings.time_form or (
            "zone" if session.version >= Since.TIME_ZONES else "plain"
        )
        time = stamp(execution.time_ns, self._settings.time_zone, form)
        return messages.exec_details(request_id, execution, time, session.version)

    def today(self, now_ns: int, wanted: Mapping[str, str]) -> list[Execution]:
        """Return what a filter lets through of the day so far.

        Raises:
            ValueError: the filter's time is none.
        """
        zone = self._settings.time_zone
        since = max(midnight(now_ns, zone), read_stamp(wanted.get("time", ""), zone) or 0)
        side = {"BUY": True, "BOT": True, "SELL": False, "SLD": False}.get(wanted.get("side", ""))
        return [
            execution
            for execution in self
            if execution.time_ns >= since
            and wanted.get("clientId", "0") in {"", "0", str(execution.client_id)}
            and side in {None, execution.is_buy}
            and _matches(execution, wanted)
        ]

    def truth(self) -> list[dict[str, str | int]]:
        """Return every execution in the form that counts, as exact text."""
        return [
            {
                "execId": each.exec_id,
                "orderId": each.order_id,
                "clientId": each.client_id,
                "permId": each.perm_id,
                "account": each.account,
                "symbol": each.contract.market,
                "side": "BUY" if each.is_buy else "SELL",
                "shares": str(each.shares),
                "price": str(each.price),
                "commission": str(each.commission),
                "orderRef": each.order_ref,
            }
            for each in self
        ]


def root_of(exec_id: str) -> str:
    """Return what corrections of an execution share: all before the last dot."""
    return exec_id.rpartition(".")[0]


_COMPARED: Final[Iterable[tuple[str, str]]] = (
    ("symbol", "symbol"),
    ("secType", "sec_type"),
)


def _matches(execution: Execution, wanted: Mapping[str, str]) -> bool:
    return (
        wanted.get("acctCode", "") in {"", execution.account}
        and wanted.get("exchange", "") in {"", execution.exchange}
        and all(
            wanted.get(name, "") in {"", getattr(execution.contract, ours)}
            for name, ours in _COMPARED
        )
    )
