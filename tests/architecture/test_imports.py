"""Importing is cheap, silent, and possible from any module first."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.architecture.tree import MODULES, name_of

# What only a part of the sessions uses is loaded by that part.
HEAVY = ["numpy", "aiohttp", "redis", "ib_async", "rich", "click", "yaml", "orjson", "simdjson"]

# One clean interpreter forks a child per module, so that each is the first of ours to be imported.
# The standard library is there already: loading it a hundred times would test nothing.
IMPORT_EACH_ALONE = """
import asyncio, dataclasses, decimal, difflib, enum, gc, json, logging, os, pathlib, sys, traceback
gc.freeze()
failed = {}
for module in json.loads(sys.argv[1]):
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


def test_importing_the_public_face_loads_nothing_that_is_not_used_yet() -> None:
    loaded = json.loads(run("import json, sys, regimeflow.live; print(json.dumps([*sys.modules]))"))

    assert [] == sorted({name.split(".")[0] for name in loaded} & set(HEAVY))


def test_the_command_line_loads_rich_and_the_engine_only_when_it_runs_something() -> None:
    loaded = json.loads(
        run("import json, sys, regimeflow.apps.cli.commands; print(json.dumps([*sys.modules]))")
    )

    assert [] == sorted({name for name in loaded if name.split(".")[0] in {"rich", "numpy"}})
    assert "regimeflow.engine.live_engine" not in loaded
