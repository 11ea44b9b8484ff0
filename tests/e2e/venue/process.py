"""The venue's process, and its control endpoint."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

TOKEN = "seeds"  # noqa: S105
LONGEST_S = 60


class VenueProcess:
    """``regimeflow-live venue NAME`` with a market that moves step by step."""

    def __init__(self, name: str, *options: str, seed: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "regimeflow.apps.cli", "venue", name, "--seed", str(seed),
             "--port", "0", "--speed", "stepped", "--control-token", TOKEN, *options],
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("listening on 127.0.0.1:"), line
        self.port = int(line.rpartition(":")[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        assert self._process.stdout is not None
        self._process.stdout.close()
        code = self._process.wait(LONGEST_S)
        if kind is None:
            assert code == 0, f"the venue left with {code}"

    def ask(self, method: str, what: str, body: Mapping[str, object] | None = None) -> Any:
        """Ask the control endpoint."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_S)
        try:
            connection.request(
                method,
                f"/control/{what}",
                None if body is None else json.dumps(body),
                {"X-Control-Token": TOKEN},
            )
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, f"{what}: {answer.status} {text.decode()}"
            return json.loads(text)
        finally:
            connection.close()
