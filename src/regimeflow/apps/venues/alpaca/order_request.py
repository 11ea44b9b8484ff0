"""A new order as the body asks for it, and every rule that needs nothing but the body.

Rules that look at the account or the market are in ``risk.py`` and ``desk.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.assets import Asset, Assets
from regimeflow.apps.venues.alpaca.fields import decimal, flag, inner, word
from regimeflow.apps.venues.alpaca.refusals import bad_input, forbidden, text, unprocessable

TYPES: Final = ("market", "limit", "stop", "stop_limit", "trailing_stop")
TIMES_IN_FORCE: Final = ("day", "gtc", "opg", "cls", "ioc", "fok")
CLASSES: Final = ("", "simple", "bracket", "oco", "oto")
_CRYPTO_TYPES: Final = ("market", "limit", "stop_limit")
_PLAIN_TYPES: Final = ("market", "limit")
_LONGEST_CLIENT_ID: Final = 128
_ONE: Final = Decimal(1)
_CENT: Final = Decimal("0.01")
_MOST_FRACTION: Final = -9
_CENTS: Final = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """One order to be; its legs will have the symbol and the time in force of the group."""

    asset: Asset
    side: str
    type: str
    time_in_force: str
    qty: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    client_order_id: str = ""
    order_class: str = ""
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    stop_loss_limit: Decimal | None = None
    position_intent: str = ""

    @property
    def is_fractional(self) -> bool:
        """Whether it asks for less than whole shares somewhere."""
        return self.notional is not None or self.qty != (self.qty or _ONE).to_integral_value()


def parse_order(body: Mapping[str, object], assets: Assets) -> OrderRequest:
    """Read and check the body of ``POST /v2/orders``.

    Raises:
        Refusal: the first rule that it breaks.
    """
    asset = _asset(body, assets)
    profit, loss = inner(body, "take_profit") or {}, inner(body, "stop_loss") or {}
    order = OrderRequest(
        asset=asset,
        side=_side(body),
        type=_one_of(word(body, "type"), TYPES, "order type"),
        time_in_force=_one_of(word(body, "time_in_force"), TIMES_IN_FORCE, "time_in_force"),
        qty=decimal(body, "qty"),
        notional=decimal(body, "notional"),
        limit_price=decimal(body, "limit_price"),
        stop_price=decimal(body, "stop_price"),
        trail_price=decimal(body, "trail_price"),
        trail_percent=decimal(body, "trail_percent"),
        extended_hours=flag(body, "extended_hours"),
        client_order_id=word(body, "client_order_id"),
        order_class=_one_of(word(body, "order_class"), CLASSES, "order_class"),
        take_profit=decimal(profit, "limit_price"),
        stop_loss=decimal(loss, "stop_price"),
        stop_loss_limit=decimal(loss, "limit_price"),
        position_intent=word(body, "position_intent"),
    )
    if len(order.client_order_id) > _LONGEST_CLIENT_ID:
        raise bad_input(f"client_order_id must be no more than {_LONGEST_CLIENT_ID} characters")
    check_quantities(order)
    check_prices(order)
    _check_time(order)
    _check_class(order)
    return order


def _asset(body: Mapping[str, object], assets: Assets) -> Asset:
    symbol = word(body, "symbol")
    if not symbol:
        raise bad_input("symbol is required")
    asset = assets.find(symbol)
    if asset is None:
        raise unprocessable(f'asset "{symbol}" not found')
    return asset


def _side(body: Mapping[str, object]) -> str:
    side = word(body, "side")
    if not side:
        side = word(body, "position_intent").partition("_")[0]
    if not side:
        raise bad_input("side is required")
    return _one_of(side, ("buy", "sell"), "side")


def _one_of(found: str, known: tuple[str, ...], name: str) -> str:
    if found not in known:
        raise bad_input(f"invalid {name}" if found else f"{name} is required")
    return found


def check_quantities(order: OrderRequest) -> None:
    """Quantity or money, and steps."""
    if order.qty is None and order.notional is None:
        raise bad_input("qty or notional is required")
    if order.qty is not None and order.notional is not None:
        raise bad_input("only one of qty or notional is accepted")
    if order.qty is not None:
        if order.qty <= 0:
            raise bad_input("qty must be > 0")
        if _decimals(order.qty) < _MOST_FRACTION:
            raise bad_input("qty must be limited to 9 decimal places")
    if order.notional is not None:
        if order.notional < _ONE:
            raise forbidden("cost basis must be >= minimal amount of order 1")
        if _decimals(order.notional) < _CENTS:
            raise bad_input("notional value must be limited to 2 decimal places")


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def check_prices(order: OrderRequest) -> None:
    """Each type has its prices and no others, each on its increment."""
    needs_limit = order.type in {"limit", "stop_limit"}
    if order.type == "market" and (order.limit_price or order.stop_price):
        raise bad_input("market orders require no stop or limit price")
    is_oco = order.order_class == "oco"
    if order.type == "limit" and order.limit_price is None and not is_oco:
        raise bad_input("limit orders require a limit price")
    if order.type == "stop_limit" and (order.limit_price is None or order.stop_price is None):
        raise bad_input("stop limit orders require both stop and limit price")
    if order.type == "stop" and order.stop_price is None:
        raise bad_input("stop orders require a stop price")
    if not needs_limit and order.limit_price is not None:
        raise bad_input(f"{order.type} orders require no limit price")
    if order.type not in {"stop", "stop_limit"} and order.stop_price is not None:
        raise bad_input(f"{order.type} orders require no stop price")
    trails = order.trail_price is not None or order.trail_percent is not None
    if trails and order.type != "trailing_stop":
        raise bad_input(f"{order.type} orders require no trail")
    if order.type == "trailing_stop":
        if (order.trail_price is None) == (order.trail_percent is None):
            raise bad_input("trailing stop orders must specify one of trail_price or trail_percent")
        if (order.trail_price or order.trail_percent or 0) <= 0:
            raise bad_input("trail must be > 0")
    for name in ("limit_price", "stop_price", "trail_price"):
        check_increment(order.asset, name, getattr(order, name))
    check_increment(order.asset, "take_profit.limit_price", order.take_profit)
    check_increment(order.asset, "stop_loss.stop_price", order.stop_loss)
    check_increment(order.asset, "stop_loss.limit_price", order.stop_loss_limit)


def check_increment(asset: Asset, name: str, price: Decimal | None) -> None:
    """At most 2 decimals from 1.00 up, 4 below; options always 2, crypto 9."""
    if price is None:
        return
    if price <= 0:
        raise bad_input(f"{name} must be > 0")
    is_fine = price < _ONE and asset.option is None
    most = 9 if asset.is_crypto else 4 if is_fine else 2
    if -_decimals(price) > most:
        raise unprocessable(
            f"invalid {name} {text(price)}. sub-penny increment does not fulfill "
            "minimum pricing criteria"
        )


def _check_time(order: OrderRequest) -> None:
    if order.asset.is_crypto:
        if order.time_in_force not in {"gtc", "ioc"}:
            raise unprocessable("invalid crypto time_in_force")
        if order.type not in _CRYPTO_TYPES:
            raise unprocessable("invalid order type for crypto order")
        if order.extended_hours:
            raise unprocessable("crypto orders do not support extended hours")
        return
    if order.asset.option is not None:
        _check_option(order)
        return
    _check_fraction(order)
    is_auction = order.time_in_force in {"opg", "cls"}
    if is_auction and order.type not in _PLAIN_TYPES:
        raise unprocessable(f"{order.time_in_force} orders must be market or limit orders")
    is_lasting = order.time_in_force in {"day", "gtc"}
    if order.type in {"stop", "stop_limit", "trailing_stop"} and not is_lasting:
        raise unprocessable(f"{order.type} orders must be DAY or GTC orders")
    if order.extended_hours and (order.type != "limit" or not is_lasting):
        raise unprocessable("extended hours order must be DAY limit orders")


def _check_option(order: OrderRequest) -> None:
    """Whole contracts, at the market or a limit, in regular hours of the day."""
    if order.is_fractional:
        raise unprocessable("option orders must be for whole contracts: qty, and no notional")
    if order.type not in _PLAIN_TYPES:
        raise unprocessable("invalid order type for options order")
    if order.time_in_force != "day":
        raise unprocessable("invalid options time_in_force")
    if order.extended_hours:
        raise unprocessable("options orders do not support extended hours")


def _check_fraction(order: OrderRequest) -> None:
    if order.notional is not None and order.type != "market":
        raise unprocessable("notional orders must be market orders")
    if order.is_fractional:
        if order.time_in_force != "day":
            raise unprocessable("fractional orders must be DAY orders")
        if order.type == "trailing_stop":
            raise unprocessable(
                "fractional orders must be market, limit, stop, or stop_limit orders"
            )
        if order.order_class not in {"", "simple"}:
            raise unprocessable("fractional orders must be simple orders")


def _check_class(order: OrderRequest) -> None:
    if order.order_class in {"", "simple"}:
        if order.take_profit is not None or order.stop_loss is not None:
            raise bad_input("order_class is required for take_profit and stop_loss")
        return
    if not order.asset.is_marginable:
        what = "crypto" if order.asset.is_crypto else "options"
        raise unprocessable(f"{what} orders not allowed for advanced order_class")
    name = order.order_class
    if order.time_in_force not in {"day", "gtc"}:
        raise unprocessable(f"{name} orders must be DAY or GTC orders")
    if order.extended_hours:
        raise unprocessable(f"{name} orders do not support extended hours")
    if name == "oto":
        if (order.take_profit is None) == (order.stop_loss is None):
            raise bad_input("oto orders require either take_profit or stop_loss")
    elif order.stop_loss is None:
        raise bad_input(f"{name} orders require stop_loss.stop_price")
    elif order.take_profit is None and (name == "bracket" or order.limit_price is None):
        raise bad_input(f"{name} orders require take_profit.limit_price")
    if name == "oco" and order.type != "limit":
        raise bad_input("oco orders must be limit orders")
    _check_legs_apart(order)


def _check_legs_apart(order: OrderRequest) -> None:
    profit = order.take_profit or (order.limit_price if order.order_class == "oco" else None)
    if profit is None or order.stop_loss is None:
        return
    closes_long = (order.side == "sell") == (order.order_class == "oco")
    if closes_long and profit < order.stop_loss + _CENT:
        raise unprocessable("take_profit.limit_price must be > stop_loss.stop_price")
    if not closes_long and profit > order.stop_loss - _CENT:
        raise unprocessable("take_profit.limit_price must be < stop_loss.stop_price")
