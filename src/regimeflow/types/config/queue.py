"""Which message queue carries a session's messages to other processes and machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from regimeflow.types.errors import Fault
from regimeflow.types.frozen import FrozenTable
from regimeflow.types.secrets import SecretStr
from regimeflow.types.settings import Settings, setting

Topic = Literal["market_data", "execution_report", "position_update", "account_update", "system"]

LOSSLESS: Final[tuple[Topic, ...]] = (
    "execution_report",
    "position_update",
    "account_update",
    "system",
)
_NO_OPTIONS: Final[FrozenTable[object]] = FrozenTable()
_NO_SECRETS: Final[FrozenTable[SecretStr]] = FrozenTable()
_MOST_ORIGIN_BYTES: Final = 22  # of the 31 that a message has room for; the rest says which journal
_ORIGIN_MARKS: Final = "-_."
_SCHEMES: Final = {"redis": ("redis", "rediss", "unix"), "kafka": ("kafka",)}


def origin_fault(text: str) -> str | None:
    """Return what was expected of a host's name; None when it is one."""
    plain = text.isascii() and all(each.isalnum() or each in _ORIGIN_MARKS for each in text)
    good = plain and len(text) <= _MOST_ORIGIN_BYTES
    return None if good else f"at most {_MOST_ORIGIN_BYTES} of A-Z a-z 0-9 - _ ."


class MessageQueueConfig(Settings):
    """Which message queue, what goes out on it and what comes in.

    Example: ``MessageQueueConfig(type="redis", url="redis://127.0.0.1:6379/0")``.
    """

    type: Literal["journal", "memory", "redis", "kafka"] = setting(
        "journal",
        "journal: files that other processes follow, nothing to install; memory: one process,"
        " for tests; redis: Redis Streams; kafka: Kafka's protocol.",
    )
    url: str | None = setting(
        None,
        "Where it is: of redis its address, of journal the folder that is followed, of memory any"
        " name.",
        also=("folder", "path", "address", "uri"),
    )
    servers: Sequence[str] = setting(
        (),
        "HOST:PORT of the servers of kafka to begin with.",
        lone=True,
        also=("brokers", "bootstrap_servers", "hosts"),
    )
    prefix: str = setting(
        "regimeflow",
        "What the names of topics and streams begin with.",
        check=origin_fault,
        also=("topic_prefix", "stream", "stream_prefix"),
    )
    origin: str | None = setting(
        None,
        "This host's name in its messages; none: the machine's.",
        check=origin_fault,
        also=("host", "name", "source"),
    )
    publish: Sequence[Topic] = setting(
        LOSSLESS,
        "Topics that go out; market_data must be in the journal for it.",
        also=("topics", "publish_topics"),
    )
    consume: Sequence[Topic] = setting(
        (), "Topics of other hosts that come in.", also=("subscribe", "consume_topics")
    )
    group: str | None = setting(
        None, "Consumers of one group share the messages; none: each has all of them."
    )
    consumer: str | None = setting(
        None, "This consumer's name in its group; none: the origin.", also=("client_id",)
    )
    state_folder: str | None = setting(
        None, "Where cursors are kept; none: beside the journal.", also=("cursor_folder",)
    )
    username: str | None = setting(None, "Who we are to the servers.", also=("user",))
    password: SecretStr | None = setting(None, "A reference: env:NAME or file:PATH.")
    reconnect_initial_ms: int = setting(
        500, "Longest first wait before connecting again.", at_least=1, at_most=3_600_000
    )
    reconnect_max_ms: int = setting(30_000, "Longest wait.", at_least=1, at_most=86_400_000)
    reconnect_max_attempts: int | None = setting(
        None, "Attempts in a row after which it is given up; none: never.", at_least=1
    )
    batch_messages: int = setting(
        1_000, "How many messages are handed over at a time.", at_least=1, at_most=100_000
    )
    most_unacknowledged: int = setting(
        10_000,
        "How many messages may be on their way; the rest waits in the journal.",
        at_least=1,
        at_most=10_000_000,
    )
    flush_timeout_s: float = setting(
        5.0, "How long an end of the session waits for what is on its way.", at_least=0, at_most=600
    )
    alert_lag_s: float = setting(
        30.0,
        "How old the oldest message that is not acknowledged may be before it is told.",
        above=0,
        at_most=86_400,
    )
    keep_unsent_mb: int = setting(
        10_240, "How much of the journal is kept for a queue that is behind.", at_least=1
    )
    options: Mapping[str, object] = setting(
        _NO_OPTIONS, "What the client library is told beyond this, as it names it: TLS, SASL, ..."
    )
    secret_options: Mapping[str, SecretStr] = setting(
        _NO_SECRETS, "Likewise, each a reference to a secret: env:NAME or file:PATH."
    )

    def faults_together(self) -> Iterator[Fault]:
        """Say what a type needs, and what would show a secret."""
        if self.reconnect_max_ms < self.reconnect_initial_ms:
            yield Fault(
                "reconnect_max_ms",
                f"found {self.reconnect_max_ms}; expected reconnect_initial_ms,"
                f" {self.reconnect_initial_ms}, or more",
            )
        if self.type == "kafka" and not self.servers:
            yield Fault("servers", "is missing; kafka needs at least one HOST:PORT")
        if self.type == "redis" and self.url is None:
            yield Fault("url", "is missing; redis needs one, such as redis://127.0.0.1:6379/0")
        scheme, colon, rest = (self.url or "").partition("://")
        if not colon:
            return
        if self.type in _SCHEMES and scheme not in _SCHEMES[self.type]:
            expected = " or ".join(f"{each}://" for each in _SCHEMES[self.type])
            yield Fault("url", f"found {scheme}://...; expected {expected}")
        if ":" in rest.rpartition("@")[0]:
            yield Fault("url", "holds a password; give it as password, a reference to a secret")
