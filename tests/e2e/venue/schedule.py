"""What goes wrong at the local Binance, and when: drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Mapping

from tests.e2e.venue.process import VenueProcess

REPORT = {"event": "executionReport"}
PLACE, REPLACE, CANCEL = "order.place", "order.cancelReplace", "order.cancel"
FAULTS: tuple[Mapping[str, object], ...] = (
    {"name": "answer_lost", "where": {"method": PLACE}},
    {"name": "answer_lost", "where": {"method": REPLACE}},
    {"name": "answer_lost", "where": {"method": CANCEL}},
    {"name": "answer_late", "delay_ms": 300},
    {"name": "events_after_answer"},
    {"name": "server_error", "carried_out": True, "where": {"method": PLACE}},
    {"name": "server_error", "carried_out": False, "where": {"method": PLACE}},
    {"name": "server_error", "carried_out": True, "where": {"method": CANCEL}},
    {"name": "server_error", "carried_out": True, "where": {"method": REPLACE}},
    {"name": "server_error", "where": {"transport": "rest"}},
    {"name": "unknown_outcome", "carried_out": True},
    {"name": "unknown_outcome", "carried_out": False},
    {"name": "half_cancel_replace", "lost": "new"},
    {"name": "half_cancel_replace", "lost": "cancel"},
    {"name": "event_duplicated", "where": REPORT},
    {"name": "event_lost", "where": REPORT},
    {"name": "event_late", "delay_ms": 200},
    {"name": "event_unknown"},
    {"name": "new_field"},
    {"name": "too_many_orders"},
    {"name": "overloaded"},
    {"name": "clock_skew", "ms": -20_000},
    {"name": "depth_gap"},
    {"name": "connect_refused"},
)
ACTIONS: tuple[Mapping[str, object], ...] = (
    {"name": "disconnect", "kind": "ws-api"},
    {"name": "disconnect", "kind": "stream"},
    {"name": "disconnect"},
    {"name": "day_is_over"},
)


class Schedule:
    """Asks the venue to go wrong now and then.

    Args:
        seed: Of what and when.
        share: How many steps of a hundred something happens at.
    """

    def __init__(self, seed: int, *, share: int = 15) -> None:
        self._draw = random.Random(f"schedule {seed}")
        self._share = share
        self.told: list[str] = []

    def step(self, venue: VenueProcess, number: int) -> None:
        """Perhaps let something go wrong."""
        draw = self._draw
        if draw.randrange(100) >= self._share:
            return
        if draw.random() < 0.2:
            action = draw.choice(ACTIONS)
            venue.ask("POST", "action", action)
            self.told.append(f"{number} {dict(action)}")
        else:
            fault = {**draw.choice(FAULTS), "count": 1}
            venue.ask("POST", "faults", fault)
            self.told.append(f"{number} {fault}")
