"""The model venue as a broker adapter: every answer is a promise that the virtual clock keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Final, cast

from regimeflow._core.messages import AccountInfo, ExecutionReport, Position, Quote
from regimeflow.adapters.clock import ReplayClock
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.ports.broker import (
    Capabilities,
    OnExecutionReport,
    OnMarketData,
    OnPositionUpdate,
)
from regimeflow.ports.clock import Clock
from regimeflow.ports.promise import Promise
from regimeflow.testing.simulation.answers import Answers
from regimeflow.testing.simulation.faults import Fault, FaultPlan
from regimeflow.testing.simulation.link import SECOND, Link
from regimeflow.testing.simulation.tickets import Product, Ticket, instrument_of
from regimeflow.testing.simulation.times import Killed, alive
from regimeflow.testing.simulation.trace import EVERYBODY, Trace
from regimeflow.testing.simulation.venue import ModelVenue, Refusal
from regimeflow.types.errors import BrokerError, NetworkError, NotFound, Outcome

_BOOKS: Final = frozenset({"account", "positions", "executions", "open orders"})
_COMMAND_FAULTS: Final = (
    Fault.NOT_SENT,
    Fault.COMMAND_LOST,
    Fault.COMMAND_LATE,
    Fault.ANSWER_LOST,
    Fault.ERROR_AFTER,
    Fault.ERROR_BEFORE,
    Fault.THROTTLED,
)


class ModelBroker:
    """One session with the model venue.

    ``sent`` counts the new orders that left, by client order id: none may leave twice; ``commands``
    counts what was asked, by its kind: all kinds must be. ``wrongs``
    are what no engine may do: trade before the books were asked for, touch orders of others.
    """

    def __init__(
        self,
        venue: ModelVenue,
        link: Link,
        clocks: tuple[ReplayClock, Clock],
        *,
        plan: FaultPlan,
        trace: Trace,
        sent: Counter[str],
        commands: Counter[str],
    ) -> None:
        self.sent: Final = sent
        self.commands: Final = commands
        self.told: Final[list[ExecutionReport]] = []  # to the engine, in their order
        self.wrongs: list[str] = []  # what no engine may do
        self._asked: Final[set[str]] = set()  # since the connection was made
        self._venue: Final = venue
        self._link: Final = link
        self._true, self._own = clocks
        self._plan: Final = plan
        self.answers: Final = Answers(venue, clocks[1], plan)
        self.told_of_account: Final[list[Position | AccountInfo]] = []
        self._trace: Final = trace
        self._on_market_data: OnMarketData = _nowhere
        self._outage_until_ns = 0
        self._is_subscribed = False
        self._is_dead = False
        self._moment: Callable[[Fault], None] = _nowhere

    # ---- the process

    def on_moment(self, cb: Callable[[Fault], None]) -> None:
        """Say who decides whether the process is killed at a moment."""
        self._moment = cb

    def die(self) -> None:
        """The process that used it is dead: nothing it does arrives any more."""
        self._is_dead = True
        self._link.abandon()

    # ---- the session

    def connect(self) -> Promise[object]:
        """Open a connection; refused while there is an outage, and now and then."""
        promise: Promise[object] = Promise()
        if self._is_dead:
            raise Killed
        wait_ns = self._link.wait_ns()
        is_out = self._true.now_ns() < self._outage_until_ns
        if is_out or self._plan.happens(Fault.CONNECT_REFUSED):
            error = NetworkError("connection refused", outcome=Outcome.NOT_SENT)
            self._link.later(wait_ns, lambda: alive(lambda: promise.fail(error)))
            return promise

        def up() -> None:
            if self._is_dead:
                return
            self._link.open()
            self._asked.clear()
            self._note("connected", "")
            alive(lambda: promise.keep(None))

        self._link.later(wait_ns, up)
        return promise

    def disconnect(self) -> Promise[object]:
        """Close the connection."""
        if self._is_dead:
            raise Killed
        self._link.cut()
        self._is_subscribed = False
        return _kept(None)

    def is_connected(self) -> bool:
        """Whether commands would leave now."""
        return self._link.is_up and not self._is_dead

    def _require(self) -> None:
        if self._is_dead:
            raise Killed
        self._link.require()

    def drop(self, outage_s: int) -> None:
        """Lose the connection, and let none be had for a while."""
        self._note("cut", "", outage_s)
        self._outage_until_ns = self._true.now_ns() + outage_s * SECOND
        self._link.cut()

    def subscribe_market_data(self, symbols: Sequence[str]) -> Promise[object]:
        """Begin to send quotes."""
        self._is_subscribed = bool(symbols)
        return _kept(None)

    def unsubscribe_market_data(self, symbols: Sequence[str]) -> Promise[object]:
        """Stop the quotes."""
        self._is_subscribed = not symbols
        return _kept(None)

    def send_quotes(self) -> None:
        """Tell where the market stands."""
        if not self._link.is_up or self._link.is_mute or not self._is_subscribed:
            return
        now_ns, market = self._own.now_ns(), self._venue.market
        for product in self._venue.ledger.products.values():
            symbol = product.symbol
            bid, ask = product.px(market.bid(symbol)), product.px(market.ask(symbol))
            quote = Quote(symbol, bid, 10, ask, 10, ts_event_ns=now_ns, ts_recv_ns=now_ns)
            alive(partial(self._on_market_data, quote))

    # ---- commands

    def submit_order(self, order: LiveOrder) -> Promise[object]:
        """Send a new order."""
        self._require()
        if not self._asked >= _BOOKS:
            missing = ", ".join(sorted(_BOOKS - self._asked))
            self._wrong(f"order {order.client_order_id} was sent before asking for {missing}")
        product = self._venue.ledger.products[order.symbol]
        ticket = Ticket(
            client_id=order.client_order_id,
            product=product,
            side=order.side,
            type=order.type,
            tif=order.time_in_force,
            qty=_whole(order.quantity, product.qty_places),
            limit_px=_px(order.limit_price, product),
            stop_px=_px(order.stop_price, product),
            expire_ns=order.expire_time_ns or 0,
            made_ns=self._true.now_ns(),
            is_ours=True,
        )
        answers_id = self._venue.style.answers_id

        def arrive() -> str | None:
            self._venue.new_order(ticket)
            return ticket.broker_id if answers_id else None

        promise = self._command("submit", order.client_order_id, arrive)
        self.sent[order.client_order_id] += 1
        self._moment(Fault.KILL_AFTER_SEND)
        return promise

    def cancel_order(self, broker_order_id: str) -> Promise[object]:
        """Ask to cancel."""
        self._must_be_ours(broker_order_id, "cancelled")

        def arrive() -> None:
            if self._plan.happens(Fault.CANCEL_REFUSED):
                raise Refusal("try again later")
            self._race(broker_order_id, Fault.FILL_RACES_CANCEL)
            self._venue.cancel(broker_order_id)

        return self._command("cancel", broker_order_id, arrive)

    def modify_order(self, broker_order_id: str, mod: OrderModification) -> Promise[object]:
        """Ask for a change."""
        self._must_be_ours(broker_order_id, "changed")

        def arrive() -> str | None:
            self._race(broker_order_id, Fault.FILL_RACES_REPLACE)
            product = self._venue.product_of(broker_order_id)
            new_id = self._venue.replace(
                broker_order_id,
                None if mod.quantity is None else _whole(mod.quantity, product.qty_places),
                _px(mod.limit_price, product),
                _px(mod.stop_price, product),
            )
            if new_id != broker_order_id:
                self._plan.count(Fault.NEW_ID)
            return new_id if self._venue.style.answers_id else None

        return self._command("modify", broker_order_id, arrive, str(mod))

    def _must_be_ours(self, broker_id: str, what: str) -> None:
        if self._venue.is_foreign(broker_id):
            self._wrong(f"order {broker_id} of somebody else was {what}")

    def _wrong(self, text: str) -> None:
        self._note("wrong", "", text)
        self.wrongs.append(text)

    def _race(self, broker_id: str, fault: Fault) -> None:
        if self._plan.happens(fault):
            self._venue.fill_now(broker_id)
        if self._venue.style.revises and self._plan.happens(Fault.REVISION_RACES):
            self._venue.revise_now(broker_id)

    def _command(
        self, name: str, about: str, arrive: Callable[[], str | None], words: str = ""
    ) -> Promise[object]:
        """Hand a command over; what becomes of it is the plan's to say."""
        self._require()
        fault = self._plan.one_of(_COMMAND_FAULTS)
        self._note(name, about, words, fault)
        self.commands[name] += 1
        if fault is Fault.NOT_SENT:
            raise NetworkError("the socket is full", outcome=Outcome.NOT_SENT)
        promise = self._link.promise()
        if fault is Fault.COMMAND_LOST:
            return promise
        wait_ns = self._link.wait_ns()
        if fault is Fault.COMMAND_LATE:
            wait_ns += self._plan.some_ns(6 * SECOND, 50 * SECOND)
        if fault in {Fault.ERROR_BEFORE, Fault.THROTTLED}:
            error = BrokerError("503 Service Unavailable", outcome=Outcome.UNKNOWN)
            if fault is Fault.THROTTLED:
                error = BrokerError("429 Too Many Requests", retry_after_s=1.0)
            self._link.refuse(promise, error)
            return promise

        def carry_out() -> None:
            try:
                value = arrive()
            except Refusal as refusal:
                self._note("refused", about, name, str(refusal))
                self._link.refuse(promise, BrokerError(str(refusal)))
                return
            if fault is Fault.ERROR_AFTER:
                text = "504 Gateway Time-out"
                self._link.refuse(promise, BrokerError(text, outcome=Outcome.UNKNOWN))
            elif fault is not Fault.ANSWER_LOST:
                self._link.answer(promise, value)

        self._link.later(wait_ns, carry_out)
        return promise

    # ---- reads

    def get_account_info(self) -> Promise[object]:
        """The account, as the venue saw it."""
        return self._read("account", self.answers.account)

    def get_positions(self) -> Promise[object]:
        """Positions that are not flat."""
        return self._read("positions", self.answers.positions)

    def get_open_orders(self) -> Promise[object]:
        """What the venue works."""
        return self._read("open orders", self.answers.open_orders)

    def find_order(self, client_order_id: str) -> Promise[object]:
        """The order of a client id; None while the venue does not see it."""
        look = partial(self.answers.find, client_order_id)
        return self._read("find", look, client_order_id)

    def get_executions(self, since_ns: int) -> Promise[object]:
        """What was traded, corrected and busted since a time."""
        return self._read("executions", partial(self.answers.executions, since_ns))

    def _read(
        self, name: str, look: Callable[[int], object], about: str = EVERYBODY
    ) -> Promise[object]:
        self._require()
        self._asked.add(name)
        return self._link.read(name, look, about)

    def get_bars(self, symbol: str, since_ns: int, interval: str) -> Promise[object]:
        """It keeps none."""
        raise NotFound(f"no bars of {symbol} every {interval} since {since_ns}")

    def get_instrument(self, symbol: str) -> Promise[object]:
        """What may be ordered."""
        product, style = self._venue.ledger.products[symbol], self._venue.style
        return _kept(instrument_of(product, is_crypto=bool(style.fee_currency)))

    # ---- the rest of a broker adapter

    def on_market_data(self, cb: OnMarketData) -> None:
        """Say where quotes go."""
        self._on_market_data = cb

    def on_execution_report(self, cb: OnExecutionReport) -> None:
        """Say where reports go."""

        def deliver(report: ExecutionReport) -> None:
            self.told.append(report)
            cb(report)

        self._link.deliver = deliver

    def on_position_update(self, cb: OnPositionUpdate) -> None:
        """Say where the account's news goes."""

        def deliver(news: Position | AccountInfo) -> None:
            self.told_of_account.append(news)
            cb(news)

        self._link.deliver_account = deliver

    def max_orders_per_second(self) -> float:
        """Enough for the random trader, not for a burst of everything."""
        return 20.0

    def max_messages_per_second(self) -> float:
        """The same."""
        return 50.0

    def poll(self) -> None:
        """Do nothing: what is not pushed is asked for."""

    def capabilities(self) -> Capabilities:
        """What the style takes."""
        style = self._venue.style
        return Capabilities(
            venue=style.name,
            order_types=style.order_types,
            times_in_force=style.times_in_force,
            modifies_in_place=not style.new_leg,
            terms=frozenset({"trail_amount", "trail_percent"}),
        )

    # ---- beneath

    def _note(self, kind: str, about: str, *what: object) -> None:
        self._trace.add(self._true.now_ns(), kind, about, *what)


def _kept(value: object) -> Promise[object]:
    promise: Promise[object] = Promise()
    promise.keep(value)
    return promise


def _whole(number: object, places: int) -> int:
    return int(cast("Decimal", number).scaleb(places))


def _px(price: object, product: Product) -> int | None:
    return None if price is None else _whole(price, product.px_places)


def _nowhere(_: object) -> None:
    """Where news goes that nobody has asked for."""
