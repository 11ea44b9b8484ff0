"""What a client may ask of orders and positions: place, cancel, close."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.accounts import Account
from regimeflow.apps.venues.alpaca.assets import Asset
from regimeflow.apps.venues.alpaca.fields import Json
from regimeflow.apps.venues.alpaca.happenings import Happenings
from regimeflow.apps.venues.alpaca.house import House
from regimeflow.apps.venues.alpaca.order_request import OrderRequest
from regimeflow.apps.venues.alpaca.orders import Order, order_form
from regimeflow.apps.venues.alpaca.placing import Placing
from regimeflow.apps.venues.alpaca.prints import trade_through
from regimeflow.apps.venues.alpaca.refusals import (
    Refusal,
    bad_input,
    not_found,
    unprocessable,
)
from regimeflow.apps.venues.alpaca.risk import check_order, intent_of
from regimeflow.apps.venues.alpaca.times import at_new_york, new_york
from regimeflow.apps.venues.alpaca.updates import Updates

_GTC_DAYS: Final = 89  # as recorded
_HUNDRED: Final = 100
_STEP: Final = Decimal("0.000000001")


class Desk:
    """One venue's order desk."""

    def __init__(
        self, house: House, updates: Updates, placing: Placing, happenings: Happenings
    ) -> None:
        self._house: Final = house
        self._updates: Final = updates
        self._placing: Final = placing
        self._happenings: Final = happenings

    def settle(self) -> None:
        """Do what the engine's listeners could not."""
        pending = self._happenings.pending
        while pending:
            pending.pop(0)()

    def submit(self, account: Account, request: OrderRequest) -> Json:
        """Take an order in.

        Returns:
            The order as it was accepted; what happens next is told by the stream.

        Raises:
            Refusal: nothing was accepted.
        """
        house, now_ns = self._house, self._house.clock()
        client_id = request.client_order_id or house.ids.uuid()
        if house.orders.is_taken(account.name, client_id):
            raise bad_input("client_order_id must be unique")
        qty = account.books.position(request.asset).qty
        intent = intent_of(request, qty)
        self._check_window(request, now_ns)
        check_order(house, account, request, intent)
        order = self._build(account, request, client_id, intent, now_ns)
        phase = house.sessions.phase(now_ns)
        works = house.works(order, phase)
        order.status = "pending_new" if works else "accepted"
        for one in (order, *order.legs):
            house.orders.add(one)
        where = {"account": account.name, "symbol": order.asset.symbol, "method": "POST"}
        self._updates.tell(order, order.status, time_ns=now_ns)
        form = order_form(order, nested=True)
        if house.faults.take("reject_after_acceptance", **where) is not None:
            for one in (order, *order.legs):
                self._placing.reject(one, now_ns)
        elif works and house.faults.take("stuck_pending_new", **where) is None:
            self._placing.place(order, now_ns)
        self.settle()
        return form

    def _check_window(self, request: OrderRequest, now_ns: int) -> None:
        sessions, tif = self._house.sessions, request.time_in_force
        if tif == "opg" and not sessions.takes_opg(now_ns):
            raise unprocessable("opg orders are not accepted between 9:28am and 7:00pm ET")
        if tif == "cls" and not sessions.takes_cls(now_ns):
            raise unprocessable("cls orders are not accepted between 3:50pm and 7:00pm ET")

    def _build(
        self, account: Account, request: OrderRequest, client_id: str, intent: str, now_ns: int
    ) -> Order:
        house = self._house
        is_group = request.order_class not in {"", "simple"}
        is_oco = request.order_class == "oco"
        head = Order(
            id=house.ids.uuid(),
            client_order_id=client_id,
            account=account.name,
            asset=request.asset,
            side=request.side,
            type=request.type,
            time_in_force=request.time_in_force,
            qty=request.qty,
            notional=request.notional,
            limit_price=(request.limit_price or request.take_profit)
            if is_oco
            else request.limit_price,
            stop_price=request.stop_price,
            trail_price=request.trail_price,
            trail_percent=request.trail_percent,
            extended_hours=request.extended_hours,
            order_class="" if request.order_class == "simple" else request.order_class,
            position_intent=intent,
            created_ns=now_ns,
            updated_ns=now_ns + house.ids.jitter_ns(1_000_000),
            submitted_ns=now_ns,
            expires_ns=self.expires_ns(request, now_ns),
            group_id=house.ids.uuid() if is_group else "",
            group_role=("take_profit" if is_oco else "entry") if is_group else "",
        )
        if is_group:
            head.legs = self._legs(head, request)
        return head

    def _legs(self, head: Order, request: OrderRequest) -> list[Order]:
        legs = []
        is_oco = request.order_class == "oco"
        if request.take_profit is not None and not is_oco:
            legs.append(self._leg(head, "take_profit", limit_price=request.take_profit))
        if request.stop_loss is not None:
            legs.append(
                self._leg(
                    head,
                    "stop_loss",
                    stop_price=request.stop_loss,
                    limit_price=request.stop_loss_limit,
                )
            )
        return legs

    def _leg(
        self,
        head: Order,
        role: str,
        *,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> Order:
        side = head.side
        if head.group_role == "entry":
            side = "sell" if head.side == "buy" else "buy"
        kind = "limit" if stop_price is None else "stop" if limit_price is None else "stop_limit"
        return Order(
            id=self._house.ids.uuid(),
            client_order_id=self._house.ids.uuid(),
            account=head.account,
            asset=head.asset,
            side=side,
            type=kind,
            time_in_force=head.time_in_force,
            qty=head.qty,
            limit_price=limit_price,
            stop_price=stop_price,
            order_class=head.order_class,
            position_intent=f"{side}_to_close",
            status="held",
            created_ns=head.created_ns,
            updated_ns=head.updated_ns,
            submitted_ns=head.submitted_ns,
            expires_ns=head.expires_ns,
            group_id=head.group_id,
            group_role=role,
            parent=head,
        )

    def expires_ns(self, request: OrderRequest, now_ns: int) -> int:
        """When an order ends by itself: the close of its day, or for GTC 90 days on."""
        sessions = self._house.sessions
        if request.time_in_force == "gtc":
            return at_new_york(new_york(now_ns).date() + timedelta(days=_GTC_DAYS), 16)
        if request.extended_hours:
            return sessions.day_of(now_ns).after_ns
        return sessions.next_close(now_ns)

    def cancel(self, account: Account, order_id: str) -> None:
        """Ask for a cancel; accepted is not done.

        Raises:
            Refusal: 404, or 422 when nothing is left to cancel.
        """
        house, now_ns = self._house, self._house.clock()
        order = house.orders.named(account.name, order_id)
        if not order.is_open:
            if house.faults.take("cancel_means_nothing", symbol=order.asset.symbol) is not None:
                return
            raise unprocessable(f'order is already in "{order.status}" state')
        if order.status in {"pending_cancel", "pending_replace"}:
            raise unprocessable(f'order is already in "{order.status}" state')
        where = {"account": account.name, "symbol": order.asset.symbol, "method": "DELETE"}
        order.cancel_requested_ns = now_ns
        take = house.faults.take
        if take("stuck_cancel", **where) is not None:
            order.status = "pending_cancel"
            self._updates.tell(order, "pending_cancel", time_ns=now_ns)
        elif take("cancel_rejected", **where) is not None:
            self._updates.tell(order, "order_cancel_rejected", time_ns=now_ns)
        elif take("fill_before_cancel", **where) is not None and trade_through(house, order):
            pass  # the fill won: the stream says so
        else:
            self.end(order, now_ns)
        self.settle()

    def end(self, order: Order, now_ns: int) -> None:
        """Cancel an order, and its group with it."""
        if order.engine_id:
            self._house.exchange.cancel(order.account, order.engine_id, now_ns)
        head = order.parent or order
        for one in (order, head, *head.legs):  # those that only this desk has
            if one.is_open and not one.engine_id:
                one.status, one.canceled_ns = "canceled", now_ns
                self._updates.tell(
                    one, "canceled", time_ns=now_ns, execution_id=self._house.ids.uuid()
                )

    def close(self, account: Account, asset: Asset, qty: str, percentage: str) -> Json:
        """Close a position, all of it or a part, with a market order.

        Raises:
            Refusal: there is none, or it is not free.
        """
        position = account.books.position(asset)
        if not position.qty:
            raise not_found("position does not exist")
        amount = self._part(abs(position.qty), qty, percentage)
        side = "sell" if position.qty > 0 else "buy"
        request = OrderRequest(
            asset=asset,
            side=side,
            type="market",
            time_in_force="gtc" if asset.is_crypto else "day",
            qty=amount,
            position_intent=f"{side}_to_close",
        )
        return self.submit(account, request)

    @staticmethod
    def _part(held: Decimal, qty: str, percentage: str) -> Decimal:
        if qty and percentage:
            raise bad_input("only one of qty or percentage is accepted")
        try:
            share = Decimal(percentage or _HUNDRED) / _HUNDRED
            amount = Decimal(qty) if qty else held * share
        except ArithmeticError as error:
            raise bad_input("qty and percentage must be numbers") from error
        if not amount.is_finite() or amount <= 0:
            raise bad_input("qty must be > 0")
        return amount.quantize(_STEP, rounding=ROUND_DOWN)

    def close_all(self, account: Account, *, cancel_orders: bool) -> list[Json]:
        """Close every position; each answer has a status of its own."""
        if cancel_orders:
            self.cancel_all(account)
        answers: list[Json] = []
        for position in [*account.books.open_positions()]:
            answer: Json = {"symbol": position.asset.position_symbol, "status": 200}
            try:
                answer["body"] = self.close(account, position.asset, "", "")
            except Refusal as refusal:
                answer |= {"status": refusal.status, "body": dict(refusal.body)}
            answers.append(answer)
        return answers

    def cancel_all(self, account: Account) -> list[Json]:
        """Ask for every cancel; each answer has a status of its own."""
        answers: list[Json] = []
        for order in self._house.orders.open(account.name):
            if not order.is_open:
                continue  # its group took it along
            answer: Json = {"id": order.id, "status": 200}
            try:
                self.cancel(account, order.id)
            except Refusal as refusal:
                answer |= {"status": refusal.status, "body": dict(refusal.body)}
            answers.append(answer)
        return answers
