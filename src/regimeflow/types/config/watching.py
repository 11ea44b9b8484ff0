"""How a session is looked at from outside: its dashboard, its metrics, who is alerted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from regimeflow.types.config.hosts import is_loopback
from regimeflow.types.errors import Fault
from regimeflow.types.secrets import SecretStr
from regimeflow.types.settings import Settings, setting

AlertKind = Literal[
    "connected",
    "disconnected",
    "reconnecting",
    "heartbeat",
    "fill",
    "trading_state",
    "strategy_error",
    "feed_end",
    "journal",
    "queue",
    "warning",
    "error",
]
USUAL_ALERTS: Final[tuple[AlertKind, ...]] = (
    "disconnected",
    "heartbeat",
    "trading_state",
    "strategy_error",
    "journal",
    "queue",
    "error",
)
_MOST_PORT: Final = 65_535


def _host_fault(text: str) -> str | None:
    good = all(each.isalnum() or each in ".:-_" for each in text)
    return None if good else "a name or an address, without scheme and port"


def _address_faults(host: str, token: SecretStr | None, what: str) -> Iterator[Fault]:
    bare = f"[{host}]" if ":" in host else host
    if not is_loopback(f"http://{bare}") and token is None:
        yield Fault(
            "token",
            f"is missing; {host} can be reached from other machines, and {what} must then be asked"
            f" for with a token of yours: {SecretStr.EXPECTED}",
        )


class DashboardSettings(Settings):
    """The page that shows a session, and who may press its buttons."""

    enabled: bool = setting(False, "Whether a session serves it.", also=("enable", "on"))
    host: str = setting(
        "127.0.0.1",
        "Where it listens; anything but loopback needs a token.",
        check=_host_fault,
        also=("address", "bind"),
    )
    port: int = setting(8765, "Its port; 0: any free one.", at_least=0, at_most=_MOST_PORT)
    token: SecretStr | None = setting(
        None,
        "Who has it may press buttons; none: a new one for each session, in a file of the user's.",
        also=("password", "key"),
    )
    read_only_token: SecretStr | None = setting(
        None, "Who has it may look, and press nothing; none: there is none."
    )
    hosts: Sequence[str] = setting(
        (),
        "Names that it is asked for by, beside its own address, such as behind a proxy.",
        lone=True,
        check=_host_fault,
        also=("allowed_hosts",),
    )
    updates_per_s: float = setting(
        10.0, "How often an open page is told what changed.", above=0, at_most=50
    )

    def faults_together(self) -> Iterator[Fault]:
        """Say what would let strangers in."""
        yield from _address_faults(self.host, self.token, "the dashboard")
        if self.token is not None and self.token == self.read_only_token:
            yield Fault("read_only_token", "is the token itself; expected another one")


class MetricsSettings(Settings):
    """Where Prometheus, and whatever watches the process, may ask."""

    enabled: bool = setting(False, "Whether a session serves them.", also=("enable", "on"))
    host: str = setting(
        "127.0.0.1",
        "Where they are; anything but loopback needs a token.",
        check=_host_fault,
        also=("address", "bind"),
    )
    port: int = setting(9464, "Their port; 0: any free one.", at_least=0, at_most=_MOST_PORT)
    token: SecretStr | None = setting(
        None, "What /metrics must be asked with, as a bearer token; none, on loopback: nothing."
    )
    hosts: Sequence[str] = setting(
        (),
        "Names that they are asked for by, beside their own address.",
        lone=True,
        check=_host_fault,
        also=("allowed_hosts",),
    )

    def faults_together(self) -> Iterator[Fault]:
        """Say what would let strangers in."""
        yield from _address_faults(self.host, self.token, "metrics")


class AlertSettings(Settings):
    """Who is told at once when something goes wrong, and how."""

    webhook: SecretStr | None = setting(
        None,
        "Where an address is that alerts are posted to as JSON; such addresses are secrets.",
        also=("url", "webhook_url", "slack"),
    )
    email_command: Sequence[str] = setting(
        (),
        "Command with its arguments, given the alert on its standard input; no shell reads it.",
        lone=True,
        also=("command", "mail", "email"),
    )
    kinds: Sequence[AlertKind] = setting(
        USUAL_ALERTS, "What is told of; the kinds are those of the session's lines.", lone=True
    )
    most_per_minute: int = setting(
        10, "How many leave in a minute; the rest are counted in the next.", at_least=1,
        at_most=600, also=("rate_limit",),
    )  # fmt: skip
    attempts: int = setting(
        5, "How often one is tried, each time after twice the wait.", at_least=1, at_most=20
    )
    timeout_s: float = setting(
        10.0, "How long one attempt may take.", above=0, at_most=300, also=("timeout",)
    )
