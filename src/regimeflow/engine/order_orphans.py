"""Reports of orders that we do not know yet: kept, so that a fill before its order counts."""

from __future__ import annotations

from typing import Final

from regimeflow._core.reports import ExecutionReport

_MOST: Final = 1_000


class Orphans:
    """Reports by broker id, until an order turns out to have that id; at most 1,000, the newest.

    What is let go is not lost: it was reported as an anomaly, and the next reconciliation finds it.
    """

    def __init__(self) -> None:
        self._reports: dict[str, list[ExecutionReport]] = {}
        self._count = 0

    def reports(self) -> list[ExecutionReport]:
        """Return all that are kept, those of one broker id in their order of arrival."""
        return [report for reports in self._reports.values() for report in reports]

    def __len__(self) -> int:
        return self._count

    def keep(self, report: ExecutionReport) -> None:
        """Keep a report; one without a broker id cannot be claimed, and is not kept."""
        if not report.broker_order_id:
            return
        if self._count >= _MOST:
            oldest = next(iter(self._reports))
            self._count -= len(self._reports.pop(oldest))
        self._reports.setdefault(report.broker_order_id, []).append(report)
        self._count += 1

    def claim(self, broker_order_id: str) -> list[ExecutionReport]:
        """Return the reports of a broker id in their order of arrival, and let them go."""
        found = self._reports.pop(broker_order_id, [])
        self._count -= len(found)
        return found
