"""A relay in front of a server: it cuts lines, swallows answers, changes them, speaks TLS."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from typing import Self


class Relay:
    """Listens on a port of its own and passes bytes on, both ways, one thread for each line."""

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._swallows = False
        self._old, self._new = b"", b""
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(30)

    def swallow_answers(self) -> None:
        """From now on nothing of what the server says arrives; until the lines are cut."""
        self._swallows = True

    def change_answers(self, old: bytes, new: bytes) -> None:
        """Replace bytes in what the server says."""
        self._old, self._new = old, new

    def cut(self) -> None:
        """Cut every line; new ones are whole."""
        lines, self._lines = self._lines, []
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._swallows = False

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                thread = threading.Thread(target=self._carry, args=(near,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as open_lines:
            open_lines.enter_context(near)
            if self._tls is not None:
                near = open_lines.enter_context(self._tls.wrap_socket(near, server_side=True))
            far = open_lines.enter_context(socket.create_connection(("127.0.0.1", self._target)))
            self._lines += [near, far]
            while True:
                pending = isinstance(near, ssl.SSLSocket) and near.pending()
                ready = [near] if pending else select.select([near, far], [], [])[0]
                for line in ready:
                    data = line.recv(1 << 16)
                    if not data:
                        return
                    if line is near:
                        far.sendall(data)
                    elif not self._swallows:
                        near.sendall(data.replace(self._old, self._new) if self._old else data)
