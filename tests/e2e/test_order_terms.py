"""The terms of an order go with it: to the venue, into the journal, and back out of it."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow._core.frames import Command
from regimeflow._core.journal_reader import JournalReader
from regimeflow.apps.cli.commands import main as cli
from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import (
    AlreadyExists,
    InvalidArgument,
    LiveOrderStatus,
    Order,
    OrderSide,
    OrderTerms,
    OrderType,
)
from regimeflow.ports.broker import Capabilities
from regimeflow.types.records import replace
from tests.support.journalled import BUY, LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until

OLD = Path(__file__).with_name("journals") / "before_terms.zip"
TERMS = OrderTerms(post_only=True, display_qty="0.5")
EXACT = OrderTerms(post_only=True, display_qty=Decimal("0.5"))
RESTING = replace(BUY, terms=TERMS)
TRAILING = Order(
    "BTCUSDT", OrderSide.SELL, OrderType.TRAILING_STOP, 1, terms=OrderTerms(trail_percent="0.5")
)
TOUCHED = Order("BTCUSDT", OrderSide.SELL, OrderType.MARKET_IF_TOUCHED, 1, stop_price=70_000)


class ParticularVenue(KeepingVenue):
    """Takes every type of order, and terms."""

    def capabilities(self) -> Capabilities:
        names = ("post_only", "display_qty", "trail_percent")
        types = frozenset(OrderType) - {OrderType.NONE}
        return replace(super().capabilities(), order_types=types, terms=frozenset(names))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, ParticularVenue]:
    """Run a session with three orders; return its journal, as it was killed and as it was left."""
    folder, venue = tmp_path_factory.mktemp("terms"), ParticularVenue()
    run = a_journalled_run(venue, folder / "stopped", **LEAVE)

    async def act() -> None:
        for order in (RESTING, TRAILING, TOUCHED):
            run.engine.order_manager.submit_order(order)
        await until(lambda: len(run.engine.order_manager.get_orders_by_status(NEW)) == 3)
        shutil.copytree(folder / "stopped", folder / "killed")

    play(run, act)
    return folder / "killed", folder / "stopped", venue


NEW = LiveOrderStatus.NEW


def terms_in(folder: Path) -> list[OrderTerms | None]:
    books = read_books(str(folder), id_prefix="test-")
    assert not books.damages
    rows = [books.books.table.get(order_id) for order_id in sorted(books.books.table.ids())]
    return [row.terms for row in rows if row]


def test_the_venue_and_whoever_asks_are_shown_the_exact_terms(played) -> None:
    orders = list(played[2].orders.values())

    assert [EXACT, OrderTerms(trail_percent=Decimal("0.5")), None] == [o.terms for o in orders]
    assert [OrderType.LIMIT, OrderType.TRAILING_STOP, OrderType.MARKET_IF_TOUCHED] == [
        order.type for order in orders
    ]


@pytest.mark.parametrize("end", [0, 1], ids=["killed", "stopped"])
def test_the_books_of_a_journal_have_the_terms(played, end: int) -> None:
    assert [EXACT, OrderTerms(trail_percent=Decimal("0.5")), None] == terms_in(played[end])
    assert replay_session(str(played[end])).difference is None


def test_a_session_that_goes_on_has_the_terms_of_the_one_before(played, tmp_path: Path) -> None:
    folder = shutil.copytree(played[0], tmp_path / "j")
    run = a_journalled_run(played[2], folder, **LEAVE)
    found = []

    async def act() -> None:
        await asyncio.sleep(0)
        found.extend(run.engine.order_manager.get_open_orders())

    play(run, act)

    assert [EXACT, OrderTerms(trail_percent=Decimal("0.5")), None] == [o.terms for o in found]
    assert [EXACT, OrderTerms(trail_percent=Decimal("0.5")), None] == terms_in(folder)
    for number in (1, 2):
        assert replay_session(str(folder), number=number).difference is None


def test_another_trail_is_another_decision_to_a_replay(played, tmp_path: Path) -> None:
    """A replay that would send other terms says so."""
    folder = played[0]
    commands = [each.message for each in JournalReader(str(folder))]
    texts = [each.text for each in commands if isinstance(each, Command)]

    assert ["post_only=true display_qty=0.50000", "trail_percent=0.5", ""] == texts
    assert not tmp_path.joinpath("j").exists()


def test_the_command_line_shows_the_terms(played, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(played[1])

    assert 0 == cli(["books", folder])
    shown = capsys.readouterr().out
    assert "(post_only=true display_qty=0.50000)" in shown
    assert "(trail_percent=0.5)" in shown
    assert 0 == cli(["books", folder, "--json"])
    orders = json.loads(capsys.readouterr().out)["orders"]
    assert [True, True, False] == [bool(each["terms"]) for each in orders]
    assert 0 == cli(["journal", "show", folder, "--kind", "Command"])
    assert "trail_percent=0.5" in capsys.readouterr().out


def test_the_same_order_on_other_terms_is_no_repetition(tmp_path: Path) -> None:
    venue = ParticularVenue()
    run = a_journalled_run(venue, tmp_path / "j", risk={"duplicate_window_s": 60}, **LEAVE)
    manager = run.engine.order_manager
    refused = []

    async def act() -> None:
        manager.submit_order(BUY)
        manager.submit_order(RESTING)
        manager.submit_order(replace(BUY, terms=OrderTerms(display_qty="0.5")))
        for order in (BUY, RESTING):
            with pytest.raises(AlreadyExists, match="duplicate_window_s"):
                manager.submit_order(order)
            refused.append(order)
        await until(lambda: len(venue.orders) == 3)

    play(run, act)

    assert [BUY, RESTING] == refused
    assert replay_session(str(tmp_path / "j")).difference is None


def test_what_the_venue_does_not_take_never_reaches_it(tmp_path: Path) -> None:
    venue = KeepingVenue()
    run = a_journalled_run(venue, tmp_path / "j", **LEAVE)

    async def act() -> None:
        with pytest.raises(InvalidArgument, match=r"terms\.post_only: the venue does not take it"):
            run.engine.order_manager.submit_order(RESTING)

    play(run, act)

    assert {} == venue.orders
    assert replay_session(str(tmp_path / "j")).difference is None


@pytest.mark.parametrize("with_snapshot", [True, False], ids=["snapshot", "frames alone"])
def test_a_journal_from_before_there_were_terms_is_read_as_ever(
    tmp_path: Path, with_snapshot: bool
) -> None:
    with zipfile.ZipFile(io.BytesIO(OLD.read_bytes())) as packed:
        packed.extractall(tmp_path)
    if not with_snapshot:
        for path in tmp_path.glob("snapshot-*"):
            path.unlink()

    recovered = read_books(str(tmp_path), id_prefix="test-")

    (order_id,) = recovered.books.table.ids()
    row = recovered.books.table.get(order_id)
    assert (Decimal("0.4"), None) == (row.cum_qty_dec, row.terms)
    assert ((), (), {}) == (recovered.damages, recovered.unusable, recovered.unknown)
    assert replay_session(str(tmp_path)).difference is None
