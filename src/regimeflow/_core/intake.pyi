from typing import Self, final

from regimeflow._core.bus import EventBus
from regimeflow._core.latency import LatencyHistogram
from regimeflow._core.messages import LiveMessage, Payload

@final
class Intake:
    def __new__(cls, bus: EventBus, latency: LatencyHistogram) -> Self: ...
    def __call__(self, message: LiveMessage | Payload, /) -> bool: ...
    def counts(self) -> dict[str, int]: ...
