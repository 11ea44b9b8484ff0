"""A session becomes a gateway, where its configuration says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regimeflow.types.config.gateway import carrier_faults
from regimeflow.types.errors import ConfigError, Fault

if TYPE_CHECKING:
    from regimeflow.engine.gateway.desk import GatewayDesk
    from regimeflow.engine.parts import Parts

_SERVED: Final = ("market_data", "execution_report", "account_update", "system")


def open_gateway(parts: Parts) -> GatewayDesk | None:
    """Make the desk of a session that is a gateway; nothing connects before it is started.

    Raises:
        ConfigError: its queue cannot serve hosts.
    """
    settings, queue = parts.config.gateway, parts.config.queue
    if settings is None:
        return None
    if queue is None:
        raise ConfigError([Fault("queue", "is missing; a gateway and its hosts meet there")])
    faults = list(carrier_faults(queue, "queue."))
    missing = [each for each in _SERVED if each not in queue.publish]
    if missing:
        listed = ", ".join(missing)
        faults.append(Fault("queue.publish", f"lacks {listed}; hosts need what a broker would say"))
    if parts.config.dry_run:
        faults.append(Fault("dry_run", "is set; a gateway sends the orders of its hosts"))
    if faults:
        raise ConfigError(faults)
    from regimeflow.engine.gateway.desk import GatewayDesk

    return GatewayDesk(parts, settings, queue)
