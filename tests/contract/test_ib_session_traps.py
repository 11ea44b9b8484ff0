"""I: the traps of Interactive Brokers, numbered: lines, ids, accounts, contracts, market data."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow._core.messages import SystemMessage
from regimeflow.adapters.brokers.ib.adapter import IBAdapter
from regimeflow.domain.orders.order import OrderTerms
from regimeflow.testing.contract import Desk
from regimeflow.testing.contract.orders import BUY, SELL
from regimeflow.types.config.ib import IBContract, IBSettings
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderType, TimeInForce
from regimeflow.types.errors import BrokerError, NotFound, Outcome
from regimeflow.types.records import replace
from tests.contract.ib_bench import ACCOUNT, IbBench
from tests.contract.test_ib_traps import PART, Traps, told
from tests.support.ib_tws import RawClient


async def another(bench: IbBench, *symbols: str, **settings: object) -> IBAdapter:
    """Connect a second session, as another client unless said otherwise."""
    made = bench.adapter(**{"client_id": 9, "book_levels": 0, **settings})
    adapter = IBAdapter(made._settings, symbols=symbols or [bench.symbol])
    await adapter.connect()
    return adapter


class TestLines(Traps):
    @pytest.mark.parametrize("code", [1101, 1102])
    def test_i20_fills_during_an_outage_are_asked_for_and_count_once(self, code):
        """TWS replays nothing (Lean#249)."""

        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            await bench.take(BUY, PART)
            await bench.act("outage", {"seconds": 0})
            await bench.take(BUY, PART)
            await bench.take(BUY, PART)
            assert not told(desk, ExecType.REPLACED)
            await bench.act("restore", {"code": code})
            await desk.until(lambda: desk.line(order).cum_qty == PART * 3)
            assert len(told(desk, ExecType.TRADE)) == 3
            await desk.agree(order)

        self.play(act)

    def test_i21_while_tws_has_lost_ib_nothing_leaves_and_no_answer_is_believed(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            order = await desk.place(desk.resting())
            await bench.act("outage", {"seconds": 0})
            await desk.until(lambda: not desk.adapter._link.is_up)
            error = await desk.send(desk.resting())
            assert error is not None
            assert Outcome.NOT_SENT is error.outcome
            for read in (desk.adapter.get_open_orders, desk.adapter.get_positions):
                with pytest.raises(BrokerError):
                    await read()
            await bench.act("restore", {"code": 1102})
            await desk.agree(order)

        self.play(act)

    def test_i22_a_tws_that_says_nothing_any_more_is_left_and_nothing_is_lost(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault("silent", count=1, where={"at": "place"})
            order = desk.resting()
            error = await desk.send(order)
            assert error is not None
            assert Outcome.UNKNOWN is error.outcome
            assert await desk.read(desk.adapter.find_order, order.client_order_id) is None
            await desk.until(lambda: desk.adapter._link.is_up)
            await desk.agree(await desk.place(desk.resting()))

        bench = IbBench(book_levels=0, heartbeat_s=0.5, request_timeout_s=2.0)
        self.make_bench = lambda: bench  # type: ignore[method-assign]
        self.play(act)

    def test_i23_messages_in_pieces_and_many_at_once_are_the_same_messages(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.fault("split_segments", count=3, bytes=5)
            order = await desk.place(desk.order(BUY))
            await desk.until(lambda: desk.line(order).is_ended)
            await desk.agree(order)

        self.play(act)

    def test_i24_a_client_id_in_use_is_said_so_and_waited_for_after_a_loss(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            with pytest.raises(BrokerError, match=r"already in use.*\(326\)"):
                await another(bench, client_id=1)
            bench.fault("client_id_in_use", count=2)
            await bench.act("disconnect")
            await desk.until(lambda: not desk.adapter._link.is_up)
            await desk.until(lambda: desk.adapter._link.is_up)
            await desk.place(desk.resting())

        self.play(act)

    def test_i25_far_too_many_requests_are_paced_and_orders_go_first(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.local.clock.step_ns = 0  # a second of TWS never ends: every message counts
            reads = [asyncio.ensure_future(desk.adapter.get_executions(0)) for _ in range(100)]
            order = await desk.place(desk.resting())
            assert not reads[-1].done()
            for each in reads:
                each.cancel()
            bench.local.clock.step_ns = 50_000_000
            await desk.agree(order)
            assert not [
                e for e in desk.market if isinstance(e, SystemMessage) and "(100)" in e.text
            ]

        self.play(act)


class TestIds(Traps):
    def test_i26_an_order_id_is_never_used_again_whatever_tws_believes(self, tmp_path: Path):
        async def act(desk: Desk, bench: IbBench) -> None:
            first = await desk.place(desk.resting())
            await desk.adapter.disconnect()
            assert list(json.loads(path.read_text()).values()) == [1]
            bench.local.tws.desk.forget_ids()  # somebody resets the order ids in TWS
            again = bench.adapter()
            await again.connect()
            second = replace(first, client_order_id="contract-second")
            broker_id = await again.submit_order(second)
            assert ("1-1", "1-2") == (desk.line(first).broker_order_id, broker_id)
            await again.disconnect()

        path = tmp_path / "ids.json"
        bench = IbBench(book_levels=0, order_id_file=str(path))
        self.make_bench = lambda: bench  # type: ignore[method-assign]
        self.play(act)

    def test_i27_orders_of_others_are_known_by_ibs_own_number(self):
        """Their statuses name a client that is none, and what a window sends has no order id."""

        async def act(desk: Desk, bench: IbBench) -> None:
            await bench.act(
                "manual_order",
                {"symbol": "AAPL", "quantity": 3, "limit_price": "190.00", "account": ACCOUNT},
            )
            other = await RawClient.connect(bench.local, client_id=5)
            other.place(7, account=ACCOUNT, orderRef="everything", lmtPrice="191.0")
            other.place(8, account=ACCOUNT, orderRef="everything", lmtPrice="192.0")
            await other.answers()
            bench.fault("foreign_client_id", count=3)
            found = await desk.adapter.get_open_orders()
            assert len({each.client_order_id for each in found}) == 3
            assert {"5-7", "5-8"} < {each.broker_order_id for each in found}
            error = await desk.outcome(desk.adapter.cancel_order, "5-7")
            assert error is not None
            assert Outcome.NOT_SENT is error.outcome
            await other.close()

        self.play(act)


class TestAccounts(Traps):
    def test_i28_only_the_configured_account_is_touched_and_heard_of(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            other = await RawClient.connect(bench.local, client_id=5)
            other.place(7, account="DU2", lmtPrice="200.1")
            other.place(8, account="DU2", lmtPrice="191.0")
            await other.answers()
            assert [] == await desk.adapter.get_open_orders()
            assert [] == await desk.adapter.get_executions(0)
            assert [] == await desk.adapter.get_positions()
            await desk.place(desk.resting())
            assert {ACCOUNT, "DU2"} == {each.account for each in bench.local.tws.desk}
            await other.close()

        self.play(act)

    def test_i29_with_several_accounts_one_must_be_named_and_it_must_be_there(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            with pytest.raises(BrokerError, match="set account to one of DU1, DU2"):
                await another(bench, account=None)
            with pytest.raises(BrokerError, match="'DU7' is none of this login's"):
                await another(bench, account="DU7")

        self.play(act)


class TestContracts(Traps):
    def test_i53_a_month_that_has_expired_is_found_by_who_asks_for_it(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            (gone,) = [e for e in bench.local.tws.catalogue.contracts if e.is_expired]
            month = IBContract(
                symbol_override="ES",
                security_type="FUT",
                exchange="CME",
                last_trade_date_or_contract_month=gone.last_trade_date,
            )
            with pytest.raises(NotFound):
                await another(bench, "ES", contracts={"ES": month})
            by_number = IBContract(con_id=gone.con_id, include_expired=True)
            for known in (replace(month, include_expired=True), by_number):
                adapter = await another(bench, "ES", contracts={"ES": known})
                assert await adapter.get_bars("ES", 0, "1h")
                await adapter.disconnect()

        self.play(act)

    def test_i54_a_primary_exchange_tells_namesakes_apart(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            there, elsewhere = (IBContract(primary_exchange=name) for name in ("NASDAQ", "NYSE"))
            with pytest.raises(NotFound):
                await another(bench, defaults=elsewhere)
            adapter = await another(bench, defaults=elsewhere, contracts={"AAPL": there})
            assert "AAPL" == (await adapter.get_instrument("AAPL")).symbol
            await adapter.disconnect()

        self.play(act)

    def test_i30_a_pair_is_cash_and_a_future_its_month_and_a_riddle_lists_its_answers(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            months = sorted(
                each.last_trade_date
                for each in bench.local.tws.catalogue.contracts
                if each.sec_type == "FUT" and not each.is_expired
            )
            es = IBContract(symbol_override="ES", security_type="FUT", exchange="CME")
            with pytest.raises(BrokerError, match="any of 3 contracts") as caught:
                await another(bench, "ES", contracts={"ES": es})
            assert all(month in str(caught.value) for month in months)
            this = replace(es, last_trade_date_or_contract_month=months[0])
            adapter = await another(bench, "EURUSD", "ES", contracts={"ES": this})
            pair = await adapter.get_instrument("EURUSD")
            future = await adapter.get_instrument("ES")
            assert ("fx", Decimal("0.00005")) == (pair.asset_class, pair.tick_size)
            assert ("future", Decimal(50)) == (future.asset_class, future.multiplier)
            await adapter.disconnect()
            with pytest.raises(NotFound):
                await another(bench, "NOSUCHTHING")

        self.play(act)


K, T, Z = OrderType, OrderTerms, TimeInForce
KINDS = [
    ({"type": K.STOP, "stop_price": Decimal(190)}, "STP", "GTC"),
    (
        {"type": K.STOP_LIMIT, "stop_price": Decimal(190), "limit_price": Decimal(189)},
        "STP LMT",
        "GTC",
    ),
    ({"type": K.TRAILING_STOP, "terms": T(trail_amount=Decimal("0.5"))}, "TRAIL", "GTC"),
    ({"type": K.TRAILING_STOP, "terms": T(trail_percent=Decimal("0.5"))}, "TRAIL", "GTC"),
    (
        {
            "type": K.TRAILING_STOP_LIMIT,
            "stop_price": Decimal(190),
            "limit_price": Decimal(189),
            "terms": T(trail_amount=Decimal("0.5")),
        },
        "TRAIL LIMIT",
        "GTC",
    ),
    ({"type": K.MARKET_IF_TOUCHED, "stop_price": Decimal(210)}, "MIT", "GTC"),
    (
        {"type": K.LIMIT_IF_TOUCHED, "stop_price": Decimal(210), "limit_price": Decimal(211)},
        "LIT",
        "GTC",
    ),
    ({"type": K.MARKET_ON_CLOSE, "time_in_force": Z.DAY}, "MOC", "DAY"),
    ({"type": K.LIMIT_ON_CLOSE, "limit_price": Decimal(210), "time_in_force": Z.DAY}, "LOC", "DAY"),
    ({"type": K.MARKET_ON_OPEN, "time_in_force": Z.DAY}, "MKT", "OPG"),
    ({"type": K.LIMIT_ON_OPEN, "limit_price": Decimal(210), "time_in_force": Z.DAY}, "LMT", "OPG"),
]


class TestKinds(Traps):
    def test_i36_each_type_and_time_is_ibs_own_and_comes_back_the_same(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            base = desk.order(SELL)
            for number, (what, word, tif) in enumerate(KINDS):
                order = replace(base, client_order_id=f"kind-{number}", **what)
                assert await desk.send(order) is None
                ticket = [*bench.local.tws.desk][-1]
                assert (word, tif) == (ticket.asked["orderType"], ticket.asked["tif"])
                found = await desk.adapter.find_order(order.client_order_id)
                assert found is not None
                assert (order.type, LiveOrderStatus.INACTIVE) == (found.ord_type, found.ord_status)
                assert (order.limit_price, order.stop_price) == (
                    found.limit_px_dec,
                    found.stop_px_dec,
                )
            until_ns = bench.now_ns() + 3_600_000_000_000
            more = {"limit_price": Decimal(210), "type": K.LIMIT}
            shown = T(display_qty=Decimal(2), extended_hours=True)
            for number, what in enumerate(
                (
                    {"time_in_force": Z.GTD, "expire_time_ns": until_ns},
                    {"time_in_force": Z.DAY, "terms": shown},
                )
            ):
                assert (
                    await desk.send(replace(base, client_order_id=f"more-{number}", **more, **what))
                    is None
                )
            *_, gtd, iceberg = [*bench.local.tws.desk]
            assert "GTD" == gtd.asked["tif"]
            assert ("2", "1") == (iceberg.asked["displaySize"], iceberg.asked["outsideRth"])

        self.play(act)

    def test_i40_an_order_that_ends_at_its_time_has_expired_though_ib_says_cancelled(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            bench.local.clock.step_ns = 0
            await desk.adapter._reads.measure_clock()
            gone, kept = (
                replace(
                    desk.order(SELL, px=Decimal(210), tif=Z.GTD),
                    expire_time_ns=bench.now_ns() + 1_000_000_000 + later,
                )
                for later in (0, 3_600_000_000_000)
            )
            for order in (gone, kept):
                assert await desk.send(order) is None
            bench.local.clock.now_ns += 60_000_000_000
            bench.local.venue.exchange.advance(bench.local.clock())
            await desk.until(lambda: desk.line(gone).is_ended)
            assert [gone.client_order_id] == [
                each.client_order_id for each in told(desk, ExecType.EXPIRED)
            ]
            assert not desk.line(kept).is_ended

        self.play(act)

    def test_i37_what_ib_has_not_is_refused_before_it_leaves(self):
        async def act(desk: Desk, bench: IbBench) -> None:
            base = desk.order(SELL, px=Decimal(210))
            for what in (
                {"terms": T(post_only=True)},
                {"type": K.MARKET_ON_CLOSE, "time_in_force": Z.IOC},
                {"type": K.TRAILING_STOP_LIMIT, "terms": T(trail_amount=Decimal(1))},
                {"time_in_force": Z.GTD},
                {"client_order_id": "x" * 37},
                {"symbol": "MSFT"},
            ):
                error = await desk.send(
                    replace(base, **{"client_order_id": f"no-{len(what)}", **what})
                )
                assert error is not None
                assert Outcome.NOT_SENT is error.outcome
            assert not [*bench.local.tws.desk]

        self.play(act)


def test_i34_a_tws_on_another_machine_needs_a_word_because_nothing_is_encrypted():
    assert IBSettings(host="10.0.0.5", allow_plain_text=True).host == "10.0.0.5"
    with pytest.raises(ValueError, match="TWS does not encrypt"):
        IBSettings(host="10.0.0.5")
