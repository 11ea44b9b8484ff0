"""Ids that look like Alpaca's and are the same in every run with the same seed."""

from __future__ import annotations

import random
import uuid
from typing import Final

from regimeflow.apps.venues.alpaca.times import new_york

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MS_NS: Final = 1_000_000


class Identifiers:
    """One source for all of them, seeded."""

    def __init__(self, seed: int) -> None:
        self._seed: Final = seed
        self._random: Final = random.Random(f"alpaca ids {seed}")

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def execution(self, exec_id: int) -> str:
        """The UUID of one of the engine's executions, the same whenever it is asked for."""
        bits = random.Random(f"alpaca execution {self._seed} {exec_id}").getrandbits(128)
        return str(uuid.UUID(int=bits, version=4))

    def jitter_ns(self, most_ns: int) -> int:
        """A little time: the venue's parts have clocks of their own."""
        return self._random.randrange(1, most_ns)

    def ulid(self, now_ns: int) -> str:
        """An event id: 48 bits of milliseconds, 80 of chance, in Crockford's base 32."""
        value = (now_ns // _MS_NS) << 80 | self._random.getrandbits(80)
        return "".join(_CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))

    def activity(self, now_ns: int) -> str:
        """An activity's id: New York's time to the millisecond, then a UUID of its own.

        Clients may not match it with an execution id: it is another one.
        """
        stamp = f"{new_york(now_ns):%Y%m%d%H%M%S}{now_ns // _MS_NS % 1000:03}"
        return f"{stamp}::{self.uuid()}"
