"""How closing every position shares out what is held among those who hold it."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest

from regimeflow.domain.orders.order import LiveOrder, Order
from regimeflow.engine.flatten import Flattener
from regimeflow.engine.parts import Parts
from regimeflow.types.enums import OrderSide
from tests.support.orders import BTC

OF_NOBODY = ""


class Desk:
    """What a flattener sees of an engine: who holds how much, and what it sends."""

    def __init__(self, **held: str) -> None:
        self.held = {name: Decimal(text) for name, text in held.items()}
        self.nobodys = self.held.pop("nobody", Decimal(0))
        self.sent: list[tuple[str, OrderSide, Decimal]] = []
        turns = SimpleNamespace(is_inside=True)
        self.flattener = Flattener(
            cast(
                "Parts",
                SimpleNamespace(
                    turns=turns,
                    clock=SimpleNamespace(now_ns=lambda: 0),
                    switch=SimpleNamespace(hold=lambda _: None, read=lambda _: None),
                    gate=SimpleNamespace(set_state=lambda *_: None),
                    manager=self,
                    portfolio=self,
                    symbols=(BTC.symbol,),
                    instruments={BTC.symbol: BTC},
                    config=SimpleNamespace(
                        strategy=[SimpleNamespace(id=name) for name in self.held]
                    ),
                    books=SimpleNamespace(table=SimpleNamespace(open_ids=lambda: [1], get=_ours)),
                ),
            )
        )

    def position(self, _: str, *, strategy: str | None = None) -> SimpleNamespace:
        total = sum(self.held.values(), self.nobodys)
        return SimpleNamespace(quantity_dec=total if strategy is None else self.held[strategy])

    def cancel_all_orders(self) -> int:
        return 0

    def get_open_orders(self) -> list[LiveOrder]:
        return []

    def submit_order(self, order: Order, *, strategy: str) -> int:
        self.sent.append((strategy, order.side, Decimal(str(order.quantity))))
        return 1


def _ours(_: int) -> SimpleNamespace:
    return SimpleNamespace(is_external=False)


@pytest.mark.parametrize(
    ("held", "sent"),
    [
        ({"a": "1.000006", "b": "0.000004"}, [("a", "1.00000"), ("b", "0.00001")]),
        ({"a": "0.000004", "nobody": "0.000007"}, [(OF_NOBODY, "0.00001")]),
        ({"a": "0.000004", "b": "0.000004"}, []),
        ({"a": "1.00001", "b": "-0.00001"}, [("a", "1.00000")]),
    ],
    ids=["a lot between two", "a lot between one and nobody", "less than a lot", "two sides"],
)
def test_what_several_hold_is_closed_to_less_than_a_lot_of_them_all(
    held: dict[str, str], sent: list[tuple[str, str]]
) -> None:
    desk = Desk(**held)

    desk.flattener.start()

    assert [(who, OrderSide.SELL, Decimal(text)) for who, text in sent] == desk.sent
