"""``regimeflow-live gateway``: one broker session for many strategy hosts."""

from __future__ import annotations

from functools import partial

import click

from regimeflow.apps.cli.exits import MEANINGS
from regimeflow.apps.cli.sources import told


@click.command("gateway", epilog=MEANINGS)
@click.argument("config", type=click.Path(exists=True, dir_okay=False, readable=True))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, the summary last.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def gateway(*, config: str, as_json: bool, debug: bool) -> int:
    """Hold the broker's session of CONFIG for the strategy hosts on its queue, until Ctrl-C.

    Market data, reports and the account go out on [queue]; orders of hosts come in from it, each
    through the limits of CONFIG for the whole account. Hosts are sessions with broker_type "queue".
    With gateway.lease it waits until no other gateway owns the account, and takes over then.
    """
    from regimeflow.apps.cli.gateway import run_gateway

    act = partial(run_gateway, config, as_json=as_json, debug=debug)
    return told(config, act, debug=debug)
