"""A local book, kept by the rule of Binance's documentation."""

from __future__ import annotations

from decimal import Decimal


class Mirror:
    """A book kept as Binance's documentation says: a picture, then what changes."""

    def __init__(self, picture: dict[str, object]) -> None:
        self.last = picture["lastUpdateId"]
        self.sides = [dict(picture[side]) for side in ("bids", "asks")]

    def apply(self, event: dict[str, object]) -> None:
        if event["u"] <= self.last:
            return
        assert event["U"] <= self.last + 1, "there is a gap"
        for side, levels in zip(self.sides, (event["b"], event["a"]), strict=True):
            for price, quantity in levels:
                side[price] = quantity
                if not Decimal(quantity):
                    del side[price]
        self.last = event["u"]
