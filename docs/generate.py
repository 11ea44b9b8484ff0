"""Write the pages that are made from the source; ``--check`` fails when one was not current."""

from __future__ import annotations

import enum
import inspect
import sys
from pathlib import Path

from regimeflow.domain.orders.transitions_page import render_page
from regimeflow.types import errors
from regimeflow.types.config import (
    AlertSettings,
    AlpacaSettings,
    AuditSettings,
    BinanceSettings,
    DashboardSettings,
    GatewaySettings,
    HeartbeatPolicy,
    HmmSettings,
    IBContract,
    IBSettings,
    InstrumentOverride,
    JournalSettings,
    LiveConfig,
    MessageQueueConfig,
    MetricsSettings,
    OrderSettings,
    PaperSettings,
    QueueBrokerSettings,
    ReconcilePolicy,
    ReconnectPolicy,
    RegimeMember,
    RegimeSettings,
    RiskLimits,
    StrategyConfig,
    VolatilitySettings,
)
from regimeflow.types.config.render import toml_value
from regimeflow.types.records import declared
from regimeflow.types.session import SessionCalendar
from regimeflow.types.settings import kinds, rules_of

DOCS = Path(__file__).resolve().parent
MADE = "<!-- Made by docs/generate.py from {source}; change that, then run `nox -s docs`. -->\n"


def errors_page() -> str:
    """Return errors.md: the tree, then each class with its meaning."""
    classes = [
        cls
        for name, cls in vars(errors).items()
        if isinstance(cls, type) and cls.__module__ == errors.__name__ and not name.startswith("_")
    ]
    lines = ["# Errors", "", MADE.format(source="src/regimeflow/types/errors.py")]
    lines += [
        inspect.getdoc(errors)
        .replace("::\n", "```", 1)
        .replace("\n\nThe axis", "\n```\n\nThe axis"),
        "",
    ]
    for cls in classes:
        lines += [f"## {cls.__name__}", "", inspect.getdoc(cls) or "", ""]
        if issubclass(cls, enum.Enum):
            lines += [f"- `{member.name}`: {member.value}" for member in cls] + [""]
    return "\n".join(lines).rstrip() + "\n"


INTRO = """\
A configuration is one TOML or YAML file, or a `LiveConfig` made in Python with the same names.
Two keys make a complete one; every default is safe:

```toml
broker_type = "paper"
symbols = ["BTCUSDT"]
```

`regimeflow-live check FILE` says everything that is wrong with it: each fault with its key, what
was found, what was expected and, for a misspelt key, what was probably meant. When nothing is
wrong it shows what the file comes to, with every default; that is a configuration itself.
`examples/paper.toml` and `examples/paper.yaml` are places to start.

- **Nothing is ignored.** A key that is not in these tables is refused.
- **Exact numbers.** An amount may be written `50000`, `0.1` or `"0.1"`, and is taken digit for
  digit. Nothing is rounded; `true` is not 1; `nan` and `inf` are refused.
- **Units are in the names**: `_s` seconds, `_ms` milliseconds, `_pct` percent.
- **No default** means that nothing limits, or nothing happens; to keep it so, leave the key out.
- **Secrets** never stand in the file, only where they are: `env:NAME` or `file:PATH`. They are
  looked for when the file is checked, fetched when they are used, and never shown.
- **Paths** start from the file's folder. Strategies are imported from it.
- **YAML** is read as YAML 1.2: `ON`, `NO` and `16:00` are text. Aliases, tags and keys that stand
  twice are refused.
"""

RISK_NOTE = """\
A limit may be a table by symbol, as `max_order_qty = {BTCUSDT = 0.5, "*" = 10}`; `"*"` is every
symbol that is not named."""

TABLES = (
    ("At the top", LiveConfig, ""),
    ("[broker], for broker_type paper", PaperSettings, ""),
    (
        "[broker.instruments.SYMBOL]",
        InstrumentOverride,
        "What is not given stays as the feed has it.",
    ),
    (
        "[broker], for broker_type binance",
        BinanceSettings,
        "It goes where `environment` says, or to the addresses given; [binance.md](binance.md).",
    ),
    (
        "[broker], for broker_type alpaca",
        AlpacaSettings,
        "It goes where `environment` says, or to the addresses given; [alpaca.md](alpaca.md).",
    ),
    (
        "[broker], for broker_type ib",
        IBSettings,
        "It goes to the TWS or IB Gateway at `host` and `port`; [ib.md](ib.md).",
    ),
    (
        "[broker], for broker_type queue",
        QueueBrokerSettings,
        "A strategy host at a gateway; [gateway.md](gateway.md). `queue` is a table as `[queue]`.",
    ),
    (
        "[broker.contracts.SYMBOL], and [broker.defaults] for every symbol",
        IBContract,
        "Which contract a symbol stands for.",
    ),
    ("session", SessionCalendar, "Of an instrument. Without hours a market never closes."),
    (
        "[strategy], or [[strategy]] for several",
        StrategyConfig,
        "`limits` is a table as `[risk]`, for this strategy alone.",
    ),
    ("[risk]", RiskLimits, RISK_NOTE),
    ("[orders]", OrderSettings, ""),
    (
        "[regime]",
        RegimeSettings,
        "How each detector works, and what it needs: [regime.md](regime.md).",
    ),
    ("[regime.volatility]", VolatilitySettings, ""),
    ("[regime.hmm]", HmmSettings, ""),
    ("[[regime.members]]", RegimeMember, ""),
    (
        "[reconnect]",
        ReconnectPolicy,
        "Waits grow by `factor` from `first_wait_s` to `longest_wait_s`, each shortened by chance.",
    ),
    ("[heartbeat]", HeartbeatPolicy, ""),
    ("[reconcile]", ReconcilePolicy, ""),
    ("[journal]", JournalSettings, "What survives, and where it is: [journal.md](journal.md)."),
    ("[audit]", AuditSettings, "What is in it, and how it is proved: [audit.md](audit.md)."),
    (
        "[dashboard]",
        DashboardSettings,
        "`regimeflow-live run --dashboard` enables it: [dashboard.md](dashboard.md).",
    ),
    ("[metrics]", MetricsSettings, "What they are: [metrics.md](metrics.md)."),
    ("[alerts]", AlertSettings, "What they look like: [metrics.md](metrics.md#alerts)."),
    (
        "[queue]",
        MessageQueueConfig,
        "Which message queue carries the session's messages; without the table there is none.",
    ),
    (
        "[gateway]",
        GatewaySettings,
        "With this table a session trades for other hosts: [gateway.md](gateway.md).",
    ),
)


def configuration_page() -> str:
    """Return configuration.md: how to write one, then every key."""
    lines = ["# Configuration", "", MADE.format(source="src/regimeflow/types/config/")]
    lines += [INTRO]
    for title, table, note in TABLES:
        lines += [f"## {title}", "", *([note, ""] if note else [])]
        lines += ["| key | default | what it means | what it takes |", "|---|---|---|---|"]
        for name, rules in rules_of(table).items():
            takes = kinds(table)[name].expected.replace(", or leave it out", "")
            default = _default(table, name)
            lines.append(
                f"| `{name}` | {default} | {rules.meaning} | {takes} |".replace("|  |", "| |")
            )
            if name == "dry_run":
                lines.append("| `broker` | see below | What the adapter takes. | a table |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _default(table: type, name: str) -> str:
    if not declared(table)[name].has_default:
        return "must be given"
    default = declared(table)[name].value()
    if default is None:
        return ""
    if hasattr(default, "RAISES"):
        return "see below"
    return f"`{toml_value(default)}`"


PAGES = {"errors.md": errors_page, "configuration.md": configuration_page, "orders.md": render_page}


def main() -> int:
    """Write every page; return 1 when checking and one was not current."""
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            path.write_text(text)
    if stale:
        print("written:", *stale)
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
