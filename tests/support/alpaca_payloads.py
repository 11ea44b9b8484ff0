"""Recorded messages of Alpaca, where they are at hand, and orders made from them."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from regimeflow.apps.venues.alpaca.assets import Asset
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.apps.venues.alpaca.times import parse_instant
from tests.support.payloads import SHARED

PAYLOADS = SHARED / "payloads" / "alpaca"
shared = pytest.mark.shared
needed = pytest.mark.skipif(
    not PAYLOADS.is_dir(), reason=f"no recordings in {PAYLOADS} (REGIMEFLOW_SHARED)"
)


def recorded(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def kinds(form):
    """What each field is: two messages of the same kinds are read by the same code."""
    if isinstance(form, dict):
        return {key: kinds(value) for key, value in form.items()}
    if isinstance(form, list):
        return [kinds(form[0])] if form else []
    if isinstance(form, bool) or form is None:
        return type(form).__name__
    if isinstance(form, int | float):
        return "number"
    for kind, read in (("number in text", Decimal), ("instant", parse_instant)):
        try:
            read(form)
        except (ArithmeticError, ValueError):
            continue
        return kind
    return "text"


def order_of(form):
    """The order that a recorded one is."""

    def number(name):
        return None if form.get(name) is None else Decimal(form[name])

    def instant(name):
        return parse_instant(form[name]) if form.get(name) else 0

    filled = Decimal(form["filled_qty"])
    average = number("filled_avg_price") or Decimal(0)
    return Order(
        id=form["id"],
        client_order_id=form["client_order_id"],
        account="local",
        asset=Asset(form["asset_id"], form["symbol"], "NYSE", form["symbol"]),
        side=form["side"],
        type=form["type"],
        time_in_force=form["time_in_force"],
        qty=number("qty"),
        notional=number("notional"),
        limit_price=number("limit_price"),
        stop_price=number("stop_price"),
        extended_hours=form["extended_hours"],
        order_class=form["order_class"],
        position_intent=form["position_intent"],
        status=form["status"],
        created_ns=instant("created_at"),
        updated_ns=instant("updated_at"),
        submitted_ns=instant("submitted_at"),
        filled_ns=instant("filled_at"),
        expired_ns=instant("expired_at"),
        failed_ns=instant("failed_at"),
        canceled_ns=instant("canceled_at"),
        expires_ns=instant("expires_at"),
        group_id=form.get("group_id", ""),
        group_role=form.get("group_role", ""),
        filled_qty=filled,
        filled_quote=filled * average,
        legs=[order_of(leg) for leg in form["legs"] or []],
    )
