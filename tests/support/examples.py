"""How many examples a property is tried with: more on request."""

from __future__ import annotations

import os


def examples(usual: int) -> int:
    """Return the usual number, or what REGIMEFLOW_EXAMPLES says."""
    return int(os.environ.get("REGIMEFLOW_EXAMPLES", usual))
