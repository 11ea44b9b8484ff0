"""``regimeflow-live venue``: a broker of one's own, to rehearse on."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Final, cast

import click

from regimeflow.apps.cli.exits import COMMAND, Exit, complain, failure_line, fault_lines
from regimeflow.apps.cli.options import Speed
from regimeflow.apps.cli.venue_help import EXAMPLES, HELP
from regimeflow.types.errors import ConfigError

if TYPE_CHECKING:
    from regimeflow.apps.venues.server.run import VenueModule, Wishes

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_FILE = click.Path(exists=True, dir_okay=False, readable=True)
VENUES: Final = {
    "alpaca": (
        "regimeflow.apps.venues.alpaca.app",
        "Alpaca: trading and market data, streams",
        0,
    ),
    "binance": (
        "regimeflow.apps.venues.binance.app",
        "Binance Spot: REST, streams, WebSocket API",
        0,
    ),
    "ib": (
        "regimeflow.apps.venues.ib.app",
        "TWS of Interactive Brokers: its socket, and HTTP for control, on one port",
        7497,
    ),
}  # where it is, what it is, its usual port (0: a free one)


@click.group("venue", context_settings=_CONTEXT, epilog=EXAMPLES)
def venue() -> None:
    """Run a local venue: what the real clients of a broker take for the real thing."""


def _add(name: str, module: str, about: str, usual_port: int) -> None:
    @venue.command(name, context_settings=_CONTEXT, epilog=HELP[name], help=about)
    @click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=usual_port,
        show_default=True,
        help="Where it listens; 0 picks a free port.",
    )
    @click.option(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="Loopback unless told otherwise."
    )
    @click.option(
        "--feed",
        "feeds",
        type=_FILE,
        multiple=True,
        metavar="FILE",
        help="Play this recording instead of a made-up market; may be repeated.",
    )
    @click.option(
        "--symbol",
        "symbols",
        multiple=True,
        metavar="SYMBOL",
        help="A symbol of the made-up market; may be repeated.",
    )
    @click.option(
        "--speed",
        default="1",
        metavar="N|max|stepped",
        help="N times real time, as fast as it goes, or as the control endpoint says.",
    )
    @click.option("--seed", type=click.IntRange(min=0), default=1, help="Of market and faults.")
    @click.option("--accounts", type=_FILE, metavar="FILE", help="Who may trade, with what.")
    @click.option("--faults", type=_FILE, metavar="FILE", help="What goes wrong on purpose.")
    @click.option(
        "--control-token", default="", metavar="TOKEN", help="Instead of one drawn by chance."
    )
    @click.option("--list-faults", is_flag=True, help="Show what can go wrong, and leave.")
    def run(*, list_faults: bool, speed: str, **wishes: object) -> int:
        try:
            found = _module(name, module)
            if list_faults:
                return _list_faults(found)
            from regimeflow.apps.venues.server.run import Wishes

            wished = Wishes(speed=_speed(speed), **wishes)  # type: ignore[arg-type]  # click's own
            return _serve(found, wished)
        except ConfigError as error:
            complain(*fault_lines(error, COMMAND))
            return Exit.CONFIG
        except OSError as error:
            complain(failure_line(error))
            return Exit.FAILED


for _name, (_place, _about, _port) in VENUES.items():
    _add(_name, _place, _about, _port)


def _module(name: str, place: str) -> VenueModule:
    try:
        return cast("VenueModule", importlib.import_module(place))
    except ModuleNotFoundError as error:
        missing = error.name or place
        raise OSError(f"{COMMAND}: venue {name} needs {missing}, which is not installed") from None


def _speed(text: str) -> float | None:
    if text == "stepped":
        return 0.0
    speed = _as_speed(text)
    return None if speed == "max" else speed


def _as_speed(text: str) -> Speed:
    if text == "max":
        return "max"
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise click.BadParameter(
            f"{text!r} is no speed; expected a number above 0, max or stepped",
            param_hint="--speed",
        )
    return speed


def _list_faults(module: VenueModule) -> int:
    for each in module.FAULTS:
        given = ", ".join(f"{name}={value!r}" for name, value in each.parameters.items())
        click.echo(f"{each.name}: {each.about}" + (f" ({given})" if given else ""))
    return Exit.OK


def _serve(module: VenueModule, wishes: Wishes) -> int:
    from regimeflow.apps.venues.server.run import serve

    serve(module, wishes, _say)
    return Exit.OK


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
