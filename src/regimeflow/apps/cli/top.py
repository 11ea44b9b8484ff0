"""``regimeflow-live top``: a session on the terminal, from its dashboard or from its journal."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regimeflow.apps.cli.exits import Exit
from regimeflow.apps.cli.sources import journal_of
from regimeflow.apps.cli.stopping import stop_signals
from regimeflow.apps.cli.text import utc
from regimeflow.types.errors import ConfigError, InvalidState, RegimeFlowError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from regimeflow.types.config import DashboardSettings, LiveConfig

Shown = Mapping[str, Any]
_TIMEOUT_S = 5.0
_MOST_ROWS = 12
_STATES = {"ACTIVE": "bold green", "REDUCE_ONLY": "bold yellow", "HALTED": "bold red"}


def show_top(path: str, *, as_json: bool, once: bool, interval_s: float) -> int:
    """Show a session until Ctrl-C; return the exit code.

    Raises:
        ConfigError: the configuration is wrong.
        RegimeFlowError: there is nothing to show.
    """
    from regimeflow.types.config import LiveConfig

    look = source_of(path, LiveConfig.from_file(path).frozen())
    if as_json:
        sys.stdout.write(json.dumps(look()) + "\n")
        return Exit.OK
    from rich.console import Console

    console = Console()
    if once or not console.is_terminal:
        console.print(drawn(look()))
        return Exit.OK
    from rich.live import Live

    with stop_signals() as stop, Live(console=console, screen=True, auto_refresh=False) as live:
        while not stop.is_set():
            try:
                shown = drawn(look())
            except RegimeFlowError as error:
                shown = str(error)
            live.update(shown, refresh=True)
            stop.wait(interval_s)
    return Exit.OK


def source_of(path: str, config: LiveConfig) -> Callable[[], Shown]:
    """Return what reads the session: its dashboard where one answers, else its journal.

    Raises:
        RegimeFlowError: neither is there.
    """
    table = config.dashboard
    token = _token(table)
    if token is not None and _answers(table, token):
        return lambda: _asked(table, token)
    from regimeflow.apps.server.board import Board, Seen
    from regimeflow.apps.server.journal_source import JournalSource
    from regimeflow.apps.server.redaction import Redactor, secrets_of
    from regimeflow.apps.server.source import show_snapshot, totals_of

    try:
        folder, _ = journal_of(path)
    except RegimeFlowError as error:
        text = f"no session serves a dashboard at {table.host} port {table.port}, and {error}"
        raise InvalidState(text) from error
    board, source = Board(Redactor(secrets_of(config))), JournalSource(folder, config.symbols)
    source.on_event(lambda event: board.tell(event.kind, event.ts_ns, event.text))
    about = {"broker": config.broker_type, "symbols": config.symbols, "mode": "journal"}
    board.put("session", about)
    board.put("link", {"state": "journal", "silent_s": 0})

    def look() -> Shown:
        show_snapshot(board, source.get_dashboard_snapshot())
        board.put("totals", totals_of(source.summary()))
        found: Shown = json.loads(board.since(Seen())[0] or b"{}")
        return found

    return look


def _token(table: DashboardSettings) -> str | None:
    for secret in (table.read_only_token, table.token):
        if secret is not None:
            try:
                return secret.reveal()
            except ConfigError:
                continue  # not this user's to have
    from regimeflow.apps.server.tokens import read_token

    return read_token(table.port)


def _answers(table: DashboardSettings, token: str) -> bool:
    try:
        return bool(_asked(table, token))
    except RegimeFlowError:
        return False


def _asked(table: DashboardSettings, token: str) -> Shown:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(table.host, table.host)  # noqa: S104
    link = http.client.HTTPConnection(host, table.port, timeout=_TIMEOUT_S)
    try:
        link.request("GET", "/api/snapshot", headers={"Authorization": f"Bearer {token}"})
        answer = link.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise InvalidState(f"the dashboard answers {answer.status} {answer.reason}")
        found: Shown = json.loads(body)
        return found
    except (OSError, http.client.HTTPException, ValueError) as error:
        text = f"the dashboard at {table.host} port {table.port} does not answer: {error}"
        raise InvalidState(text) from error
    finally:
        link.close()


def drawn(shown: Shown) -> RenderableType:
    """Return a session as a terminal shows it."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if "status" not in shown:
        return Text(f"the session is {shown.get('link', {}).get('state', 'starting')}")
    status, totals, link = shown["status"], shown["totals"], shown["link"]
    session = shown["session"]
    head = Text(" ".join([session["broker"], *session["symbols"]]), style="bold")
    head.append(f"  {status['trading_state']}", style=_STATES.get(status["trading_state"], ""))
    head.append(f"  {link['state']}  regime {shown['regime']['name']}  {utc(shown['ts_ns'])}")
    if status["trading_cause"]:
        head.append(f"\n{status['trading_cause']}", style="red")
    figures = Table.grid(padding=(0, 2))
    named = {"equity": status["equity"], "today": status["daily_pnl"]}
    for name in ("realized_pnl", "unrealized_pnl", "commission", "net_pnl"):
        named[name.removesuffix("_pnl")] = totals[name]
    figures.add_row(*(f"{name} {value or 'unknown'}" for name, value in named.items()))
    figures.add_row(f"open orders {status['open_orders']}", f"fills {totals['fills']}")
    parts: list[RenderableType] = [head, figures]
    parts += [
        _table("quotes", shown["quotes"], "symbol bid_px bid_qty ask_px ask_qty last_px"),
        _table(
            "positions",
            shown["positions"],
            "symbol quantity avg_px market_px unrealized_pnl realized_pnl",
        ),
        _table(
            "orders",
            shown["orders"],
            "symbol side type quantity cum_qty limit_price status strategy client_order_id",
        ),
        _table("fills", shown["trades"][::-1], "symbol side quantity price commission strategy"),
    ]
    events = [f"{utc(ns)} {kind} {text}" for ns, kind, text in shown.get("events", [])[-5:]]
    parts.append(Text("\n".join(events)))
    return Group(*parts)


def _table(title: str, rows: Sequence[Shown], names: str) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    columns = names.split()
    more = f", the first {_MOST_ROWS} of {len(rows)}" if len(rows) > _MOST_ROWS else ""
    if not rows:
        return Text(f"{title}: none", style="dim")
    table = Table(title=title + more, title_justify="left", box=None, header_style="dim")
    for name in columns:
        table.add_column(name.replace("_", " "), no_wrap=True)
    for row in rows[:_MOST_ROWS]:
        table.add_row(*(str(row[name]) if row[name] not in (None, "") else "-" for name in columns))
    return table
