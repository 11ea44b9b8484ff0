"""What an account may do now: money, shares, and no trading with oneself."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.accounts import Account
from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.order_request import OrderRequest
from regimeflow.apps.venues.alpaca.orders import Order
from regimeflow.apps.venues.alpaca.refusals import (
    Refusal,
    cents,
    forbidden,
    insufficient_balance,
    insufficient_qty,
    text,
    unprocessable,
)

_ZERO: Final = Decimal(0)
_CENT: Final = Decimal("0.01")
_LEAST_CRYPTO: Final = 10
_MARKETABLE: Final = frozenset({"market", "stop", "trailing_stop"})


def intent_of(request: OrderRequest, position_qty: Decimal) -> str:
    """What an order does to the position: as it says, or as the position says."""
    if request.position_intent:
        return request.position_intent
    closes = position_qty < 0 if request.side == "buy" else position_qty > 0
    return f"{request.side}_to_{'close' if closes else 'open'}"


def check_order(house: House, account: Account, request: OrderRequest, intent: str) -> None:
    """Refuse what the account cannot do.

    Raises:
        Refusal: 403, or 422 for prices on the wrong side of the market.
    """
    if account.configuration["suspend_trade"]:
        raise forbidden("new orders are rejected by user request")
    if (
        not request.asset.is_crypto
        and request.is_fractional
        and not account.configuration["fractional_trading"]
    ):
        raise forbidden("account is not allowed to trade fractional shares")
    price = house.price(request.asset)
    _check_stop(request, price)
    _check_group(account, request, price)
    if intent.endswith("to_close"):
        _check_closing(house, account, request, price)
    elif request.side == "sell":
        _check_short(account, request)
        _check_money(house, account, request, price)
    else:
        _check_money(house, account, request, price)
    _check_wash(house, account, request)


def _check_stop(request: OrderRequest, price: Decimal | None) -> None:
    if request.stop_price is None or price is None:
        return
    numbers = {"market_price": text(price), "stop_price": text(request.stop_price)}
    if request.side == "sell" and request.stop_price >= price:
        raise unprocessable("stop price must be less than current price", **numbers)
    if request.side == "buy" and request.stop_price <= price:
        raise unprocessable("stop price must be greater than current price", **numbers)


def _check_group(account: Account, request: OrderRequest, price: Decimal | None) -> None:
    if request.order_class in {"", "simple"}:
        return
    qty = account.books.position(request.asset).qty
    if request.order_class == "oco":
        if qty == 0 or (qty > 0) == (request.side == "buy"):
            raise forbidden("oco orders must be exit orders")
        return
    if request.order_class == "bracket" and qty and (qty > 0) != (request.side == "buy"):
        raise forbidden("bracket orders must be entry orders")
    base = request.limit_price or price
    if base is None:
        return
    buys, extra = request.side == "buy", {"base_price": text(base)}
    if request.stop_loss is not None:
        if buys and request.stop_loss > base - _CENT:
            raise unprocessable("stop_loss.stop_price must be <= base_price - 0.01", **extra)
        if not buys and request.stop_loss < base + _CENT:
            raise unprocessable("stop_loss.stop_price must be >= base_price + 0.01", **extra)
    if request.take_profit is not None:
        if buys and request.take_profit < base + _CENT:
            raise unprocessable("take_profit.limit_price must be >= base_price + 0.01", **extra)
        if not buys and request.take_profit > base - _CENT:
            raise unprocessable("take_profit.limit_price must be <= base_price - 0.01", **extra)


def _check_closing(
    house: House, account: Account, request: OrderRequest, price: Decimal | None
) -> None:
    position = account.books.position(request.asset)
    held, ids = house.held_qty(account.name, request.asset, request.side)
    existing = abs(position.qty)
    available = max(_ZERO, existing - held)
    requested = request.qty
    if requested is None:
        requested = (request.notional or _ZERO) / price if price else existing
    if requested <= available:
        return
    if request.asset.is_crypto:
        raise insufficient_balance(request.asset.base, requested, available)
    if request.asset.option is not None and request.side == "sell":
        raise _uncovered()
    raise insufficient_qty(
        request.asset.symbol, requested, available, existing=existing, related_orders=ids
    )


def _check_short(account: Account, request: OrderRequest) -> None:
    if request.asset.is_crypto:
        requested = request.qty or request.notional or _ZERO
        raise insufficient_balance(request.asset.base, requested, _ZERO)
    if request.asset.option is not None:
        raise _uncovered()
    if not account.may_short:
        raise forbidden("account is not allowed to short")
    if request.is_fractional:
        raise unprocessable("fractional orders cannot be sold short")


def _uncovered() -> Refusal:
    return forbidden("account not eligible to trade uncovered option contracts")


def _check_money(
    house: House, account: Account, request: OrderRequest, price: Decimal | None
) -> None:
    cost = cost_basis(request, price)
    worth = house.worth(account.name)
    if request.asset.is_crypto:
        if cost < _LEAST_CRYPTO:
            raise forbidden("cost basis must be >= minimal amount of order 10")
        power = worth.non_marginable_buying_power
        if cost > power:
            raise insufficient_balance("USD", cost, power.quantize(_CENT))
        return
    paid = request.asset.option is not None
    check_power(cost, worth.non_marginable_buying_power if paid else worth.buying_power)


def cost_basis(request: OrderRequest, price: Decimal | None) -> Decimal:
    """What an order costs at its limit, or at the market."""
    if request.notional is not None:
        return request.notional
    price = request.limit_price or request.stop_price or price or _ZERO
    return (request.qty or _ZERO) * price * request.asset.multiplier


def check_power(cost: Decimal, power: Decimal) -> None:
    """Refuse what costs more than there is.

    Raises:
        Refusal: 403 with both numbers.
    """
    if cost > power:
        raise forbidden(
            "insufficient buying power", buying_power=cents(power), cost_basis=text(cost)
        )


def _check_wash(house: House, account: Account, request: OrderRequest) -> None:
    if request.order_class not in {"", "simple"}:
        return
    for order in house.orders.open(account.name, request.asset.symbol):
        if order.side == request.side or order.status == "held":
            continue
        is_limit = request.type not in _MARKETABLE and order.type not in _MARKETABLE
        if is_limit and not _crosses(request, order):
            continue
        kind = "limit" if is_limit else "market/stop"
        raise forbidden(
            "potential wash trade detected. use complex orders",
            existing_order_id=order.id,
            reject_reason=f"opposite side {kind} order exists",
        )


def _crosses(request: OrderRequest, order: Order) -> bool:
    if request.limit_price is None or order.limit_price is None:
        return True
    if request.side == "buy":
        return request.limit_price >= order.limit_price
    return request.limit_price <= order.limit_price
