"""Importing is cheap, silent, and possible from any module first."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import MODULES, name_of

# What only a part of the sessions uses is loaded by that part.
HEAVY = {"numpy", "aiohttp", "redis", "ib_async", "rich", "click", "yaml", "orjson", "simdjson"}

# What of the standard library costs more than it gives while nothing runs: together, twice as much
# as all of this package. ``dataclasses`` brings ``inspect`` (see ``types.records``), ``logging``
# brings ``traceback``, ``pathlib`` brings ``urllib``.
SLOW = set(
    """
    ast asyncio concurrent contextvars csv dataclasses difflib dis email fractions gzip http
    importlib.metadata inspect ipaddress json linecache logging multiprocessing pathlib pickle
    selectors shutil socket sqlite3 ssl statistics string subprocess tempfile textwrap tokenize
    tomllib traceback unittest urllib uuid zipfile zlib
    """.split()
)
# What only a session with a journal needs.
OF_A_JOURNAL = {
    "regimeflow._core.journal_reader",
    "regimeflow._core.journal_replay",
    *(
        f"regimeflow.engine.{name}"
        for name in """
        resume journal.describe journal.keeper journal.recovery journal.replay journal.replaying
        journal.snapshots journal.tape journal.writing
        """.split()
    ),
}
LOADED_BY = """
import sys
before = set(sys.modules)
import {module}
loaded = set(sys.modules) - before
print(*sorted(loaded))
"""

# One clean interpreter forks a child per module, so that each is the first of ours to be imported.
# The standard library is there already: loading it a hundred times would test nothing.
IMPORT_EACH_ALONE = """
import asyncio, dataclasses, decimal, difflib, enum, gc, json, logging, os, pathlib, sys, traceback
import aiohttp, click, numpy, orjson  # others' modules once; ours by each child alone
gc.freeze()


def begin(module):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 2)
        status = 0
        try:
            __import__(module)
        except BaseException:
            traceback.print_exc()
            status = 1
        sys.stderr.flush()
        os._exit(status)
    os.close(writing)
    return child, reading


failed = {}
names = json.loads(sys.argv[1])
for at in range(0, len(names), 4):
    begun = [(module, *begin(module)) for module in names[at : at + 4]]
    for module, child, reading in begun:
        with os.fdopen(reading) as said:
            text = said.read()
        if os.waitpid(child, 0)[1] or text:
            failed[module] = text[-800:]
print(json.dumps(failed))
"""


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_each_module_is_importable_alone_without_a_warning() -> None:
    names = [name_of(path) for path in MODULES if path.name != "__main__.py"]

    failed = json.loads(run(IMPORT_EACH_ALONE, json.dumps(names)))

    assert {} == failed


def loaded_by(module: str) -> set[str]:
    """Return what a clean interpreter loads for a module, and the packages of that."""
    loaded = run(LOADED_BY.format(module=module)).split()
    return {*loaded, *(name.split(".")[0] for name in loaded)}


def test_importing_the_public_face_loads_nothing_that_is_not_used_yet() -> None:
    loaded = loaded_by("regimeflow.live")

    assert "regimeflow" in loaded
    assert [] == sorted(loaded & (HEAVY | SLOW | OF_A_JOURNAL))


def test_what_only_a_session_with_a_journal_needs_is_there() -> None:
    assert {*map(name_of, MODULES)} >= {each for each in OF_A_JOURNAL if "._core." not in each}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_makes_its_named_tuples_in_the_slow_way(path: Path) -> None:
    if name_of(path) == "regimeflow._core.tuples":
        return

    assert not re.search(r"from typing import .*\bNamedTuple\b|namedtuple", path.read_text())


def test_the_command_line_loads_rich_and_the_engine_only_when_it_runs_something() -> None:
    loaded = loaded_by("regimeflow.apps.cli.commands")

    assert [] == sorted(loaded & {"rich", "numpy", "asyncio", "logging"})
    assert "regimeflow.engine.live_engine" not in loaded
