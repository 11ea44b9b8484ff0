"""A lease in Redis: a key that expires, and a counter that does not."""

from __future__ import annotations

from typing import Final

from regimeflow.adapters.gateway.lease import Lease
from regimeflow.adapters.queues._shared.faults import Lost
from regimeflow.adapters.queues._shared.options import Options
from regimeflow.adapters.queues._shared.origins import name_in_force, new_origin
from regimeflow.adapters.queues.redis.line import Address, Line, Reply
from regimeflow.types.config.queue import MessageQueueConfig

_OURS: Final = ("max_len", "keep_s", "wait_aof", "wait_replicas", "lease_ms")
_TAKE: Final = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local token = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. token, 'PX', ARGV[2])
return token
"""
_RENEW: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
_GIVE_BACK: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


class RedisLeaseStore:
    """A key that expires, and a counter that does not.

    Args:
        queue: How the server is reached.
        account: Whose lease.
        holder: Our name.

    Threading: one thread.
    """

    def __init__(self, queue: MessageQueueConfig, account: str, holder: str) -> None:
        options = Options(queue)
        for name in _OURS:
            options.whole(name, 0)
        self._address: Final = Address(
            queue.url or "",
            username=queue.username,
            password=options.conceal(queue.password.reveal()) if queue.password else None,
            options=options.rest(),
        )
        key = f"{{{queue.prefix}}}.lease.{account}"
        self._keys: Final = (key, f"{key}.token")
        self._holder: Final = holder
        self._line: Line | None = None

    def take(self, lease_s: float) -> int:
        """As ``LeaseStore`` has it."""
        return self._run(_TAKE, self._holder, lease_s)

    def renew(self, token: int, lease_s: float) -> bool:
        """As ``LeaseStore`` has it."""
        return self._run(_RENEW, f"{self._holder} {token}", lease_s) == 1

    def give_back(self, token: int) -> None:
        """As ``LeaseStore`` has it."""
        self._run(_GIVE_BACK, f"{self._holder} {token}", 0)
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _run(self, script: str, value: str, lease_s: float) -> int:
        try:
            if self._line is None:
                self._line = Line(self._address)
            reply: Reply = self._line.ask("EVAL", script, 2, *self._keys, value, int(lease_s * 1e3))
        except Lost:
            self.close()
            raise
        return reply if isinstance(reply, int) else 0


def lease_of(queue: MessageQueueConfig, account: str, lease_s: float) -> Lease:
    """Return the lease of an account at a queue's server, not taken yet."""
    store = RedisLeaseStore(queue, account, new_origin(name_in_force(queue)))
    return Lease(store, lease_s)
