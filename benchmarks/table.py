"""A pytest-benchmark JSON file as the README's table: nanoseconds and ratios to U, by group.

Run: ``pytest benchmarks/cases/test_bus.py --benchmark-json=bus.json``, then
``python -m benchmarks.table bus.json``.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path


def main() -> None:
    """Print a Markdown table of every file named."""
    for name in sys.argv[1:]:
        found = json.loads(Path(name).read_text())
        groups: dict[str, list[dict[str, object]]] = defaultdict(list)
        for case in found["benchmarks"]:
            groups[case["group"] or case["name"]].append(case)
        unit_ns = _ns(next(c for c in found["benchmarks"] if c["name"] == "test_unit"), "min")
        print("| work | case | best | median | p99 | best / U |\n|---|---|---|---|---|---|")
        for group, cases in groups.items():
            for case in sorted(cases, key=lambda each: _ns(each, "min")):
                best, median, p99 = _ns(case, "min"), _ns(case, "median"), _p99(case)
                label = str(case["name"]).removeprefix("test_")
                print(
                    f"| {group} | {label} | {best:.0f} ns | {median:.0f} ns"
                    f" | {p99:.0f} ns | {best / unit_ns:.2f} |"
                )


def _ns(case: dict[str, object], which: str) -> float:
    stats, info = case["stats"], case["extra_info"]
    assert isinstance(stats, dict)
    assert isinstance(info, dict)
    return float(stats[which]) * 1e9 / float(info.get("per_round", 1))


def _p99(case: dict[str, object]) -> float:
    stats, info = case["stats"], case["extra_info"]
    assert isinstance(stats, dict)
    assert isinstance(info, dict)
    rounds = sorted(stats.get("data") or [stats["max"]])
    return (
        float(rounds[min(len(rounds) - 1, int(len(rounds) * 0.99))])
        * 1e9
        / float(info.get("per_round", 1))
    )


if __name__ == "__main__":
    main()
