"""IB's own client, of both generations, runs unchanged against the local TWS.

The newer one shares its name with the older one, so it needs an interpreter of its own:
REGIMEFLOW_IBAPI_10 names it (``python -m venv``, ``pip install ibapi-stable==10.50.2``).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.ib_tws import a_tws
from tests.support.in_loop import in_loop

SCRIPT = Path(__file__).parents[2] / "support" / "ibapi_script.py"
NEWER = os.environ.get("REGIMEFLOW_IBAPI_10", "")
generations = pytest.mark.parametrize(
    ("interpreter", "version"),
    [
        pytest.param(
            sys.executable,
            157,
            id="9.81",
            marks=pytest.mark.skipif(find_spec("ibapi") is None, reason="ibapi is not installed"),
        ),
        pytest.param(
            NEWER,
            178,
            id="10.50",
            marks=pytest.mark.skipif(not NEWER, reason="REGIMEFLOW_IBAPI_10 names no interpreter"),
        ),
    ],
)


@generations
@in_loop
async def test_it_connects_trades_and_asks_again_after_a_reconnect(interpreter, version):
    seen: dict[str, object] = {}
    async with a_tws() as local:
        client = await asyncio.create_subprocess_exec(
            interpreter,
            SCRIPT,
            str(local.port),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async for line in client.stdout:
                said = json.loads(line)
                if "please" in said:
                    local.trade("AAPL", *said.pop("please"))
                seen |= said
            complaints = await client.stderr.read()
        finally:
            if client.returncode is None:
                client.terminate()
            await client.wait()

    assert "position" in seen, complaints.decode()[-2000:]
    assert (version, ["contract", 265598, "AAPL", "NASDAQ"]) == (seen["version"], seen["contract"])
    assert (200.0, 24) == (seen["bid"], seen["bars"])
    assert ["status", 1, "Submitted", 40.0, 60.0] == seen["partial"]
    assert ["commission", 0.398] == seen["cost"]
    assert ["status", 1, "Submitted", 40.0, 50.0] == seen["modified"]
    assert (["error", 1, 202], ["error", 3, 387]) == (seen["cancelled"], seen["refused"])
    assert [["parts", 40.0, 199.0, "BOT"], ["whole", 10.0, 200.02, "BOT"]] == seen["executions"]
    assert [["whole", "Filled"], ["parts", "Cancelled"]] == seen["completed"]
    assert (3, ["position", "DU1", "AAPL", 50.0]) == (seen["following"], seen["position"])
